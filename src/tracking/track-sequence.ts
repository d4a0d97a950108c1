/** Tracks a plain sequence of detections without cuts, as the tracking benchmarks have them. */
import type { Size, Tlwh } from '../geometry/box.ts';
import type { DetectionFrame } from './detection-lines.ts';
import { createTracker, followShot, type ShotTrackingOptions } from './follow-shot.ts';
import { WALKER_MOTION } from './motion-priors.ts';
import { medianIntervalMs, PUBLISHED_FRAMES_PER_SECOND } from './sampling-rate.ts';

const PUBLISHED_INTERVAL_MS = 1000 / PUBLISHED_FRAMES_PER_SECOND;

/** A single frame has no rate; nobody can be asked to be seen twice in it. */
const LONE_FRAME_INTERVAL_MS = 1000;

export interface SequenceOptions {
  /** `auto`: as the times of the frames ask for; `deepsort`: the published algorithm, one step a frame whatever the times. */
  readonly rateMode: 'auto' | 'deepsort';
  readonly maxCosineDistance: number;
  readonly nnBudget: number;
  readonly nInit: number;
  /** Frames of a video at 30 a second: in `deepsort` simply frames. */
  readonly maxAge: number;
  /** Pixels; null when unknown: then the extent of all boxes, or more where there are few. */
  readonly picture: Size | null;
}

/** The published program loses a person after one second; `auto` waits for ten. */
export const DEFAULT_MAX_AGE = { deepsort: 30, auto: 300 } as const satisfies Record<
  SequenceOptions['rateMode'],
  number
>;

/** The values of the published program, but for what `auto` is better with. */
export const DEFAULT_SEQUENCE_OPTIONS = {
  rateMode: 'auto',
  maxCosineDistance: 0.2,
  nnBudget: 100,
  nInit: 3,
  maxAge: DEFAULT_MAX_AGE.auto,
  picture: null,
} as const satisfies SequenceOptions;

/** One box of one identity in one frame. */
export interface TrackedBox {
  readonly frameNumber: number;
  readonly id: number;
  readonly tlwh: Tlwh;
  readonly confidence: number;
}

/** Boxes ordered by frame, then id. */
export function trackSequence(frames: readonly DetectionFrame[], options: SequenceOptions): TrackedBox[] {
  const { rateMode, maxAge, ...rest } = options;
  const times = frames.map(({ timeMs }) => timeMs);
  const shotOptions: ShotTrackingOptions = {
    ...rest,
    maxAgeSeconds: maxAge / PUBLISHED_FRAMES_PER_SECOND,
    frameIntervalMs:
      rateMode === 'deepsort' ? PUBLISHED_INTERVAL_MS : medianIntervalMs(times, LONE_FRAME_INTERVAL_MS),
    picture: options.picture ?? extent(frames),
    motion: WALKER_MOTION,
  };
  const boxes = rateMode === 'deepsort' ? asPublished(frames, shotOptions) : asSeen(frames, shotOptions);
  return boxes.sort((a, b) => a.frameNumber - b.frameNumber || a.id - b.id);
}

/** What the published program writes: the filter's boxes of confirmed tracks seen in this frame or the one before. */
function asPublished(frames: readonly DetectionFrame[], options: ShotTrackingOptions): TrackedBox[] {
  // A published track is tentative in its first frame whatever n_init is; so 1 behaves as 2 does.
  const nInit = Math.max(2, options.nInit ?? 2);
  const tracker = createTracker({ ...options, nInit }, 0, false);
  return frames.flatMap(({ number, timeMs, detections }) => {
    tracker.update(timeMs, detections);
    return tracker.live
      .filter(({ state, timeSinceUpdate }) => state === 'confirmed' && timeSinceUpdate <= 1)
      .map(({ id, tlwh }) => ({ frameNumber: number, id, tlwh, confidence: 1 }));
  });
}

/** Detections only, each under the track that it was given to, from the first on; without doubtful lone sightings. */
function asSeen(frames: readonly DetectionFrame[], options: ShotTrackingOptions): TrackedBox[] {
  const tracks = followShot(frames, options).map(({ id, sightings }) =>
    sightings.map(({ frame, detection: { tlwh, confidence } }) => ({
      frameNumber: frames[frame]?.number ?? frame,
      id,
      tlwh,
      confidence,
    })),
  );
  const [lone, followed] = [
    tracks.filter(({ length }) => length === 1),
    tracks.filter(({ length }) => length > 1),
  ];
  const least = leastLoneConfidence(followed.flat().map(({ confidence }) => confidence));
  return [...followed.flat(), ...lone.flat().filter(({ confidence }) => confidence >= least)];
}

/** Sightings that tell what the detector's confidences are worth. */
const ENOUGH_SIGHTINGS = 30;

/**
 * The confidence from which a box that was seen once is believed: that of the least sure tenth of those seen again. It needs
 * no knowledge of the detector's scale, and believes everything where too few were seen again to learn from.
 */
function leastLoneConfidence(confidences: readonly number[]): number {
  if (confidences.length < ENOUGH_SIGHTINGS) return -Infinity;
  return confidences.toSorted((a, b) => a - b)[Math.floor(confidences.length / 10)] ?? -Infinity;
}

/**
 * A picture has room for so many people at least: where it was no larger than one of them, a newcomer in the same place would be as
 * likely as the same one.
 */
const LEAST_ROOM = 20;

/** How large the picture may be. */
function extent(frames: readonly DetectionFrame[]): Size {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const areas: number[] = [];
  for (const { tlwh } of frames.flatMap(({ detections }) => detections)) {
    areas.push(tlwh.width * tlwh.height);
    left = Math.min(left, tlwh.x);
    top = Math.min(top, tlwh.y);
    right = Math.max(right, tlwh.x + tlwh.width);
    bottom = Math.max(bottom, tlwh.y + tlwh.height);
  }
  const usual = areas.sort((a, b) => a - b)[areas.length >> 1];
  if (usual === undefined) return { width: 1, height: 1 };
  const [width, height] = [right - left, bottom - top];
  const larger = Math.max(1, Math.sqrt((LEAST_ROOM * usual) / (width * height)));
  return { width: width * larger, height: height * larger };
}
