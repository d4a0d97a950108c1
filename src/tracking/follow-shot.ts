/** Runs the tracker over the frames of one shot, with its rules stated in seconds and made to fit the sampling rate. */
import type { Size } from '../geometry/box.ts';
import { DeepSort } from './deep-sort.ts';
import type { Detection } from './detection.ts';
import { type Followed, fillGaps } from './gap-filling.ts';
import type { MotionPrior } from './mean-reverting-motion.ts';
import { hitsToConfirm, maxAgeInFrames, overlapFrames, timeAwareness } from './sampling-rate.ts';
import type { Track } from './track.ts';

/** The published parameters that have proved themselves at any rate. */
const MAX_IOU_DISTANCE = 0.7;
const N_INIT = 3;

export interface ShotTrackingOptions {
  /** The usual time between frames. */
  readonly frameIntervalMs: number;
  /** How long a track lives on without a sighting; never less than one frame. */
  readonly maxAgeSeconds: number;
  readonly maxCosineDistance: number;
  readonly nnBudget: number;
  readonly picture: Size;
  readonly motion: MotionPrior;
  /** Published: 3. */
  readonly nInit?: number;
}

export interface ShotFrame {
  readonly timeMs: number;
  readonly detections: readonly Detection[];
}

/**
 * The tracker for one kind of thing in one shot.
 * @param timeAware share of the time-aware association, 0..1
 * @param countsGaps whether a late frame counts as all that are missing; the published algorithm counts frames as they come
 */
export function createTracker(options: ShotTrackingOptions, timeAware: number, countsGaps = true): DeepSort {
  const { frameIntervalMs, maxCosineDistance, nnBudget, picture, motion } = options;
  return new DeepSort({
    maxCosineDistance,
    maxIouDistance: MAX_IOU_DISTANCE,
    nnBudget,
    motion,
    hitsToConfirm: hitsToConfirm(options.nInit ?? N_INIT, frameIntervalMs),
    maxAgeFrames: maxAgeInFrames(options),
    frameIntervalMs: countsGaps ? frameIntervalMs : null,
    overlapFrames: countsGaps ? overlapFrames(frameIntervalMs) : 1,
    timeAwareness: timeAware,
    pictureArea: picture.width * picture.height,
  });
}

/**
 * The confirmed tracks of a shot. The published algorithm lives on appearance: where nothing has any, the likelihood of place
 * and size is the better guide at every rate.
 */
export function followShot(frames: readonly ShotFrame[], options: ShotTrackingOptions): readonly Track[] {
  return follow(frames, options, timeAwareShare(frames, options));
}

/**
 * The same, and whom the published association leaves out: it never begins a track with what moves too far to overlap from frame to
 * frame, as the face of a walker does at ten frames a second, and loses who looks like nobody for a moment. The rest is followed by
 * likelihood, and kept where it fills the gap of a track or was seen often enough by itself. No track has two of one frame.
 */
export function followEverybody(frames: readonly ShotFrame[], options: ShotTrackingOptions): Followed[] {
  const share = timeAwareShare(frames, options);
  const followed = follow(frames, options, share);
  const rest = share < 1 ? follow(leftOut(frames, followed), { ...options, nInit: 1 }, 1) : [];
  const counts = frames.map(({ detections }) => detections.length);
  const enough = hitsToConfirm(options.nInit ?? N_INIT, options.frameIntervalMs);
  return fillGaps([...followed, ...rest], counts, options).filter(
    ({ sightings }) => sightings.length >= enough,
  );
}

function timeAwareShare(frames: readonly ShotFrame[], { frameIntervalMs }: ShotTrackingOptions): number {
  const hasLooks = frames.some(({ detections }) => detections.some(({ look }) => look !== null));
  return hasLooks ? timeAwareness(frameIntervalMs) : 1;
}

/**
 * Detections are taken in the order of their place in the picture, so that the order in which a detector lists them decides nothing.
 * @param timeAware share of the time-aware association, 0..1
 */
function follow(
  frames: readonly ShotFrame[],
  options: ShotTrackingOptions,
  timeAware: number,
): readonly Track[] {
  const tracker = createTracker(options, timeAware);
  for (const { timeMs, detections } of frames) tracker.update(timeMs, detections.toSorted(byPlace));
  return tracker.confirmed;
}

/** The frames with those detections that no track has. */
function leftOut(frames: readonly ShotFrame[], tracks: readonly Track[]): ShotFrame[] {
  const followed = new Set(tracks.flatMap(({ sightings }) => sightings.map(({ detection }) => detection)));
  return frames.map(({ timeMs, detections }) => ({
    timeMs,
    detections: detections.filter((detection) => !followed.has(detection)),
  }));
}

/** From left to right, then from top to bottom; size and confidence order what lies at one place. */
function byPlace(a: Detection, b: Detection): number {
  return (
    a.tlwh.x - b.tlwh.x ||
    a.tlwh.y - b.tlwh.y ||
    a.tlwh.width - b.tlwh.width ||
    a.tlwh.height - b.tlwh.height ||
    a.confidence - b.confidence
  );
}
