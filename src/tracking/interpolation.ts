/**
 * Fills the frames in which a track was missed with boxes between its sightings, never beyond them, never across a cut, and never
 * where a sighting of the same person's face or body shows that the straight line is wrong.
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

/** What a track would have been seen as in a frame in which it was missed: a face or a pose. */
export interface FilledFrame {
  /** Position in the list of frames. */
  readonly frame: number;
  readonly face: FaceObservation | null;
  readonly pose: PoseObservation | null;
}

/**
 * Fills the gaps of one identity within each shot; `tracklets` are its own, all of the given kind.
 * @param others tracklets of the other kind of the same person
 * @param longest longer gaps stay: somebody who comes back after a minute was not on the way all the time
 */
export function interpolateTrack(
  kind: Kind,
  tracklets: readonly Tracklet[],
  others: readonly Tracklet[],
  frames: ObservedFrames,
  longest: Patience,
): FilledFrame[] {
  const seen = new Map(
    others.flatMap(({ sightings }) => sightings.map(({ frame, detection }) => [frame, detection] as const)),
  );
  const filled = findGaps(tracklets, frames, longest).map(({ frame, before, after, share }) => {
    const [from, to] = [frames.at(before.frame), frames.at(after.frame)];
    if (kind === 'face') {
      const [a, b] = [from?.faces[before.detection], to?.faces[after.detection]];
      return { frame, face: a && b ? faceBetween(a, b, share) : null, pose: null };
    }
    const [a, b] = [from?.poses[before.detection], to?.poses[after.detection]];
    return { frame, face: null, pose: a && b ? poseBetween(a, b, share) : null };
  });
  return filled.filter((one) => !isElsewhere(one, frames, seen.get(one.frame)));
}

/** Whether the person's body, or face, that was seen in a filled frame is away from the face, or body, filled in. */
function isElsewhere({ frame, ...filled }: FilledFrame, frames: ObservedFrames, other: number | undefined) {
  if (other === undefined) return false;
  const seen = frames.at(frame);
  const face = filled.face ?? seen?.faces[other];
  const pose = filled.pose ?? seen?.poses[other];
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
