/** The room's front door: what was seen in every frame of a video goes in, who is who comes out. Pure and deterministic. */
import type { Size } from '../geometry/box.ts';
import { voteOnFacesAndBodies } from './face-body-linking.ts';
import { type FrameTracks, nameSightings, numberIdentities } from './identities.ts';
import { validateObservations } from './observation-validation.ts';
import type { ObservedFrames } from './observations.ts';
import { looksFrom } from './observed-looks.ts';
import type { Person } from './person-group.ts';
import { usualIntervalMs } from './sampling-rate.ts';
import { findShots, type Shot } from './shot-detection.ts';
import { followShotTracklets } from './shot-tracklets.ts';
import type { TrackSummary } from './track-summary.ts';
import { TrackletJoining } from './tracklet-joining.ts';
import { stitchTracklets } from './tracklet-stitching.ts';

export type { FrameTracks } from './identities.ts';
export type { TrackSegment, TrackSummary } from './track-summary.ts';

export interface TrackingOptions {
  /** Size of the upright source picture, pixels. */
  readonly picture: Size;
  /** Time between sampled frames as asked for; how far apart they really are is seen from their times. */
  readonly frameIntervalMs: number;
  /** Cosine distance at which the face embedder is undecided; belongs to the embedder (models/manifest.json). */
  readonly maxCosineDistance: number;
  /** The same for the torso's appearance vector; a Bhattacharyya distance of its colours. Default 0.13. */
  readonly maxTorsoDistance: number;
  /** How long a lost track waits for its return within a shot; later returns are found by joining. Default 10. */
  readonly maxAgeSeconds: number;
  /** Most appearance vectors that a track remembers. Default 100. */
  readonly nnBudget: number;
  /** Whether frames in which a track was missed are filled between its sightings. Default false. */
  readonly interpolate: boolean;
  /** Somebody who was seen at one instant only is believed from this detector confidence on, of face or body, 0..1. Default 0.6. */
  readonly minSingleSightingConfidence: number;
  /** Times at which the video's encoder may have seen a new scene, ascending. */
  readonly sceneHintsMs?: readonly number[];
}

/** Every option that has a good value without knowing the video and the embedder. */
export const DEFAULT_TRACKING_OPTIONS = {
  maxTorsoDistance: 0.13,
  maxAgeSeconds: 10,
  nnBudget: 100,
  interpolate: false,
  minSingleSightingConfidence: 0.6,
} as const satisfies Partial<TrackingOptions>;

export interface PeopleTracks {
  /** Parallel to the frames given. */
  readonly frames: readonly FrameTracks[];
  /** One row for each identity, faces first, by track id. */
  readonly tracks: readonly TrackSummary[];
  readonly shots: readonly Pick<Shot, 'index' | 'startMs' | 'endMs'>[];
}

/**
 * Follows everybody through a whole video: tracklets within each shot, joined into persons.
 * @throws WorkerError DETECTIONS_INVALID for frames out of order and for boxes that no tracker could follow
 */
export function followPeople(frames: ObservedFrames, options: TrackingOptions): PeopleTracks {
  validateObservations(frames, options.picture);
  const shots = findShots(frames, options.sceneHintsMs);
  const times = Array.from(frames, ({ timestampMs }) => timestampMs);
  const shotOptions = { ...options, frameIntervalMs: usualIntervalMs(times, options.frameIntervalMs) };
  const maxDistance = { face: options.maxCosineDistance, pose: options.maxTorsoDistance };
  const joining = new TrackletJoining(looksFrom(frames), { maxDistance });
  for (const shot of shots) {
    const found = followShotTracklets(shot, frames, {
      ...shotOptions,
      frameIntervalMs: shotIntervalMs(times.slice(shot.firstFrame, shot.endFrame), options, shotOptions),
    });
    const tracklets = found.map(({ tracklet }) => tracklet);
    joining.add(tracklets, {
      stitches: stitchTracklets(found, { ...shotOptions, maxDistance }),
      faceBodyVotes: voteOnFacesAndBodies(frames, tracklets, shot),
    });
  }
  const persons = joining.finish();
  const believable = persons.filter((person) => isBelievable(person, options));
  const identities = numberIdentities(believable, frames);
  return {
    frames: nameSightings(identities, frames, options.interpolate ? shotOptions : null),
    tracks: identities.map(({ summary }) => summary),
    shots: shots.map(({ index, startMs, endMs }) => ({ index, startMs, endMs })),
  };
}

/** Who was there at a single instant of the video is a person only when a detector was sure of the face or of the body. */
function isBelievable({ tracklets }: Person, { minSingleSightingConfidence }: TrackingOptions): boolean {
  const sightings = tracklets.flatMap((tracklet) => tracklet.sightings);
  const instants = new Set(sightings.map(({ frame }) => frame));
  return instants.size > 1 || sightings.some(({ confidence }) => confidence >= minSingleSightingConfidence);
}

/** A shot with fewer samples tells nothing of its own rate: one sample more could change it. */
const SAMPLES_OF_A_RATE = 8;

/** The usual time between the samples of one shot: a recording may have one shot with pictures much rarer than the others have. */
function shotIntervalMs(
  timesMs: readonly number[],
  asked: Pick<TrackingOptions, 'frameIntervalMs'>,
  ofVideo: Pick<TrackingOptions, 'frameIntervalMs'>,
): number {
  if (timesMs.length < SAMPLES_OF_A_RATE) return ofVideo.frameIntervalMs;
  return usualIntervalMs(timesMs, asked.frameIntervalMs);
}
