/** The room's front door: what was seen in every frame of a video goes in, who is who comes out. Pure and deterministic. */
import { toDetection } from './detection.ts';
import { linkFacesToBodies } from './face-body-linking.ts';
import { followShot } from './follow-shot.ts';
import { faceBetween, findGaps, type Interpolated, poseBetween } from './interpolation.ts';
import { BODY_MOTION, FACE_MOTION } from './motion-priors.ts';
import { validateObservations } from './observation-validation.ts';
import type { FaceObservation, FrameObservations, PoseObservation } from './observations.ts';
import { findShots, type Shot } from './shot-detection.ts';
import { summarizeTrack, type TrackSummary } from './track-summary.ts';
import type { Kind, Tracklet } from './tracklet.ts';
import { joinTracklets, type Person } from './tracklet-joining.ts';

export type { TrackSegment, TrackSummary } from './track-summary.ts';

export interface TrackingOptions {
  /** Size of the upright source picture, pixels. */
  readonly picture: { readonly width: number; readonly height: number };
  /** Time between sampled frames as asked for. */
  readonly frameIntervalMs: number;
  /** Cosine distance at which the face embedder is undecided; belongs to the embedder (models/manifest.json). */
  readonly maxCosineDistance: number;
  /** The same for the torso's appearance vector. */
  readonly maxTorsoDistance: number;
  /** How long a lost track waits for its return within a shot; later returns are found by joining. */
  readonly maxAgeSeconds: number;
  /** Most appearance vectors that a track remembers. */
  readonly nnBudget: number;
  /** Whether frames in which a track was missed are filled between its sightings. */
  readonly interpolate: boolean;
  /** Somebody who was seen only once is believed from this detector confidence on, 0..1. */
  readonly minSingleSightingConfidence: number;
  /** Times of cuts that the decoder noticed, ascending, if it was asked. */
  readonly sceneChangesMs?: readonly number[];
}

/** Every option that has a good value without knowing the video and the embedder. */
export const DEFAULT_TRACKING_OPTIONS = {
  maxTorsoDistance: 0.2,
  maxAgeSeconds: 10,
  nnBudget: 100,
  interpolate: false,
  minSingleSightingConfidence: 0.6,
} as const satisfies Partial<TrackingOptions>;

/** Identities of one frame, parallel to its faces and poses. */
export interface FrameTracks {
  /**
   * The joined identity of each face; null for a sighting that never became a track: it was not seen often enough in a
   * row (three times at 7 frames a second and more, once below 3.3), or just once in the whole video with less than
   * `minSingleSightingConfidence`.
   */
  readonly faceTrackIds: readonly (number | null)[];
  /** The same for the poses. */
  readonly poseTrackIds: readonly (number | null)[];
  /** Between two sightings, when `interpolate` is set; else empty. */
  readonly interpolatedFaces: readonly Interpolated<FaceObservation>[];
  readonly interpolatedPoses: readonly Interpolated<PoseObservation>[];
}

export interface PeopleTracks {
  /** Parallel to the frames given. */
  readonly frames: readonly FrameTracks[];
  /** One row for each identity, faces first, by track id. */
  readonly tracks: readonly TrackSummary[];
  readonly shots: readonly Pick<Shot, 'index' | 'startMs' | 'endMs'>[];
}

/**
 * Follows everybody through a whole video: tracklets within each shot, joined into persons after the last frame.
 * @throws WorkerError DETECTIONS_INVALID for frames out of order and for boxes that no tracker could follow
 */
export function followPeople(frames: readonly FrameObservations[], options: TrackingOptions): PeopleTracks {
  validateObservations(frames, options.picture);
  const shots = findShots(frames, options.sceneChangesMs);
  const tracklets = shots.flatMap((shot) => [
    ...followKind('face', shot, frames, options),
    ...followKind('pose', shot, frames, options),
  ]);
  const persons = joinTracklets(tracklets, linkFacesToBodies(frames, tracklets), {
    maxFaceDistance: options.maxCosineDistance,
    maxTorsoDistance: options.maxTorsoDistance,
  });
  const identities = nameIdentities(
    persons.filter((person) => isBelievable(person, options)),
    frames,
  );
  return {
    frames: nameSightings(identities, frames, options.interpolate),
    tracks: identities.map(({ summary }) => summary),
    shots: shots.map(({ index, startMs, endMs }) => ({ index, startMs, endMs })),
  };
}

function followKind(
  kind: Kind,
  { index, firstFrame, endFrame }: Shot,
  frames: readonly FrameObservations[],
  options: TrackingOptions,
): Tracklet[] {
  const inShot = frames.slice(firstFrame, endFrame).map(({ timestampMs, faces, poses }) => ({
    timeMs: timestampMs,
    detections:
      kind === 'face'
        ? faces.map(({ box, confidence, embedding }) => toDetection(box, confidence, embedding))
        : poses.map(({ box, confidence, appearance }) => toDetection(box, confidence, appearance)),
  }));
  const tracks = followShot(inShot, {
    ...options,
    maxCosineDistance: kind === 'face' ? options.maxCosineDistance : options.maxTorsoDistance,
    motion: kind === 'face' ? FACE_MOTION : BODY_MOTION,
  });
  return tracks.map(({ sightings, confidence }) => {
    const detections = sightings.flatMap(
      ({ frame, detection }) => inShot[frame]?.detections[detection] ?? [],
    );
    return {
      kind,
      shot: index,
      confidence,
      sightings: sightings.map(({ frame, detection, timeMs }, i) => ({
        frame: firstFrame + frame,
        detection,
        timeMs,
        confidence: detections[i]?.confidence ?? 0,
      })),
      looks: detections.flatMap(({ look }) => look ?? []),
    };
  });
}

/** One sighting in a whole video is a person only when the detector was sure. */
function isBelievable({ tracklets }: Person, { minSingleSightingConfidence }: TrackingOptions): boolean {
  const sightings = tracklets.flatMap((tracklet) => tracklet.sightings);
  return (
    sightings.length > 1 || sightings.some(({ confidence }) => confidence >= minSingleSightingConfidence)
  );
}

/** A person's tracklets of one kind under their number. */
interface Identity {
  readonly summary: TrackSummary;
  readonly tracklets: readonly Tracklet[];
}

/** Numbers persons and, per kind, tracks in order of appearance; who appears in the same frame is numbered from left to right. */
function nameIdentities(persons: readonly Person[], frames: readonly FrameObservations[]): Identity[] {
  const ranked = persons
    .map((person) => ({ person, first: firstAppearance(person.tracklets, frames) }))
    .sort((a, b) => compareAppearance(a.first, b.first));
  const ofKind = (kind: Kind) =>
    ranked
      .map(({ person }, i) => {
        const tracklets = person.tracklets.filter((tracklet) => tracklet.kind === kind);
        return { person, personId: i + 1, tracklets, first: firstAppearance(tracklets, frames) };
      })
      .filter(({ tracklets }) => tracklets.length > 0)
      .sort((a, b) => compareAppearance(a.first, b.first))
      .map(({ person, personId, tracklets }, i) => {
        const summary = { kind, trackId: i + 1, personId, link: person.links[kind] };
        return { summary: summarizeTrack(summary, tracklets), tracklets };
      });
  return [...ofKind('face'), ...ofKind('pose')];
}

interface Appearing {
  readonly frame: number;
  readonly x: number;
  readonly y: number;
}

function firstAppearance(tracklets: readonly Tracklet[], frames: readonly FrameObservations[]): Appearing {
  const places = tracklets.flatMap(({ kind, sightings: [first] }) => {
    if (first === undefined) return [];
    const seen = kind === 'face' ? frames[first.frame]?.faces : frames[first.frame]?.poses;
    const box = seen?.[first.detection]?.box;
    return box === undefined ? [] : [{ frame: first.frame, x: box.x, y: box.y }];
  });
  return places.sort(compareAppearance)[0] ?? { frame: Infinity, x: 0, y: 0 };
}

function compareAppearance(a: Appearing, b: Appearing): number {
  return a.frame - b.frame || a.x - b.x || a.y - b.y;
}

function nameSightings(
  identities: readonly Identity[],
  frames: readonly FrameObservations[],
  interpolate: boolean,
): FrameTracks[] {
  const named = frames.map(({ faces, poses }) => ({
    faceTrackIds: faces.map((): number | null => null),
    poseTrackIds: poses.map((): number | null => null),
    interpolatedFaces: [] as Interpolated<FaceObservation>[],
    interpolatedPoses: [] as Interpolated<PoseObservation>[],
  }));
  for (const { summary, tracklets } of identities) {
    const { kind, trackId } = summary;
    for (const { frame, detection } of tracklets.flatMap(({ sightings }) => sightings)) {
      const ids = kind === 'face' ? named[frame]?.faceTrackIds : named[frame]?.poseTrackIds;
      if (ids !== undefined) ids[detection] = trackId;
    }
    if (!interpolate) continue;
    for (const { frame, before, after, share } of findGaps(frames, tracklets)) {
      const seen = [before, after].map((sighting) => ({ ...frames[sighting.frame], sighting }));
      const [face0, face1] = seen.map(({ faces, sighting }) => faces?.[sighting.detection]);
      const [pose0, pose1] = seen.map(({ poses, sighting }) => poses?.[sighting.detection]);
      if (kind === 'face' && face0 !== undefined && face1 !== undefined) {
        named[frame]?.interpolatedFaces.push({ trackId, observation: faceBetween(face0, face1, share) });
      }
      if (kind === 'pose' && pose0 !== undefined && pose1 !== undefined) {
        named[frame]?.interpolatedPoses.push({ trackId, observation: poseBetween(pose0, pose1, share) });
      }
    }
  }
  return named;
}
