/**
 * Fills the frames in which somebody was missed with boxes between the sightings, never beyond them, never across a cut, and never
 * where face and body would be apart.
 */
import type { Point, Tlwh } from '../geometry/box.ts';
import type { PoseLandmark, WorldLandmark } from '../geometry/landmarks.ts';
import { isAtHead } from './face-body-linking.ts';
import type { FaceObservation, ObservedFrames, PoseObservation } from './observations.ts';
import { isWithinAge, type Patience } from './sampling-rate.ts';
import type { Kind, Tracklet, TrackletSighting } from './tracklet.ts';

/** An observation that was never made: it lies on the straight line between the sightings before and after. */
export interface Interpolated<Observation> {
  readonly trackId: number;
  readonly observation: Observation;
}

/** What somebody would have been seen as in a frame in which he was missed. */
export interface Filled<Observation> {
  /** Position in the list of frames. */
  readonly frame: number;
  readonly observation: Observation;
}

export interface FilledGaps {
  readonly faces: readonly Filled<FaceObservation>[];
  readonly poses: readonly Filled<PoseObservation>[];
}

/**
 * Fills the gaps of one person within each shot: those of the body, but for frames that show the face elsewhere, then those of
 * the face, but for frames in which the body, seen or filled in, has its head elsewhere.
 * @param tracklets the person's own, of both kinds
 * @param longest longer gaps stay: somebody who comes back after a minute was not on the way all the time
 */
export function interpolatePerson(
  tracklets: readonly Tracklet[],
  frames: ObservedFrames,
  longest: Patience,
): FilledGaps {
  const ofKind = (kind: Kind) => tracklets.filter((tracklet) => tracklet.kind === kind);
  const seenFace = detectionByFrame(ofKind('face'));
  const poses = findGaps(ofKind('pose'), frames, longest).flatMap(({ frame, before, after, share }) => {
    const a = frames.at(before.frame)?.poses[before.detection];
    const b = frames.at(after.frame)?.poses[after.detection];
    if (a === undefined || b === undefined) return [];
    const observation = poseBetween(a, b, share);
    const detection = seenFace.get(frame);
    const face = detection === undefined ? undefined : frames.at(frame)?.faces[detection];
    return areApart(face, observation) ? [] : [{ frame, observation }];
  });
  const seenPose = detectionByFrame(ofKind('pose'));
  const filledPose = new Map(poses.map(({ frame, observation }) => [frame, observation]));
  const faces = findGaps(ofKind('face'), frames, longest).flatMap(({ frame, before, after, share }) => {
    const a = frames.at(before.frame)?.faces[before.detection];
    const b = frames.at(after.frame)?.faces[after.detection];
    if (a === undefined || b === undefined) return [];
    const observation = faceBetween(a, b, share);
    const detection = seenPose.get(frame);
    const pose = detection === undefined ? filledPose.get(frame) : frames.at(frame)?.poses[detection];
    return areApart(observation, pose) ? [] : [{ frame, observation }];
  });
  return { faces, poses };
}

function detectionByFrame(tracklets: readonly Tracklet[]): Map<number, number> {
  const sightings = tracklets.flatMap((tracklet) => tracklet.sightings);
  return new Map(sightings.map(({ frame, detection }) => [frame, detection]));
}

function areApart(face: FaceObservation | undefined, pose: PoseObservation | undefined): boolean {
  return face !== undefined && pose !== undefined && !isAtHead(face.box, pose.landmarks);
}

/** A missed frame, the sightings around it, and how far it is from the first to the second, 0..1. */
interface Gap {
  readonly frame: number;
  readonly before: TrackletSighting;
  readonly after: TrackletSighting;
  readonly share: number;
}

function findGaps(tracklets: readonly Tracklet[], frames: ObservedFrames, longest: Patience): Gap[] {
  return [...Map.groupBy(tracklets, ({ shot }) => shot).values()].flatMap((parts) => {
    const sightings = parts.flatMap((part) => part.sightings).sort((a, b) => a.frame - b.frame);
    return sightings.slice(1).flatMap((after, i) => {
      const before = sightings[i];
      if (before === undefined || !isWithinAge(after.timeMs - before.timeMs, longest)) return [];
      return Array.from({ length: after.frame - before.frame - 1 }, (_, k) => {
        const frame = before.frame + 1 + k;
        const timeMs = frames.at(frame)?.timestampMs ?? before.timeMs;
        return { frame, before, after, share: (timeMs - before.timeMs) / (after.timeMs - before.timeMs) };
      });
    });
  });
}

/** A face between two faces; as confident as the lesser of them, without appearance. */
function faceBetween(a: FaceObservation, b: FaceObservation, share: number): FaceObservation {
  const landmarks =
    a.landmarks !== null && b.landmarks !== null && a.landmarks.length === b.landmarks.length
      ? pointsBetween(a.landmarks, b.landmarks, share)
      : null;
  return {
    box: boxBetween(a.box, b.box, share),
    confidence: Math.min(a.confidence, b.confidence),
    landmarks,
    embedding: null,
  };
}

/** A pose between two poses; as confident as the lesser of them, without appearance. */
function poseBetween(a: PoseObservation, b: PoseObservation, share: number): PoseObservation {
  return {
    box: boxBetween(a.box, b.box, share),
    confidence: Math.min(a.confidence, b.confidence),
    landmarks: landmarksBetween(a.landmarks, b.landmarks, share),
    worldLandmarks: landmarksBetween(a.worldLandmarks, b.worldLandmarks, share),
    appearance: null,
  };
}

function landmarksBetween<Landmark extends PoseLandmark | WorldLandmark>(
  a: readonly Landmark[],
  b: readonly Landmark[],
  share: number,
) {
  return a.map((from, i) => {
    const to = b[i] ?? from;
    return {
      x: between(from.x, to.x, share),
      y: between(from.y, to.y, share),
      z: between(from.z, to.z, share),
      visibility: Math.min(from.visibility, to.visibility),
      presence: Math.min(from.presence, to.presence),
    };
  });
}

function pointsBetween(a: readonly Point[], b: readonly Point[], share: number): Point[] {
  return a.map((from, i) => {
    const to = b[i] ?? from;
    return { x: between(from.x, to.x, share), y: between(from.y, to.y, share) };
  });
}

function boxBetween(a: Tlwh, b: Tlwh, share: number): Tlwh {
  return {
    x: between(a.x, b.x, share),
    y: between(a.y, b.y, share),
    width: between(a.width, b.width, share),
    height: between(a.height, b.height, share),
  };
}

function between(from: number, to: number, share: number): number {
  return from + share * (to - from);
}
