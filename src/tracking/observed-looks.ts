/** The looks of what was observed, read from the frames when they are compared: held for a whole video they would fill the memory. */
import { worthOfClothes, worthOfFace } from './likeness-worth.ts';
import { type Look, toLook } from './look.ts';
import type { FaceObservation, FrameObservations, ObservedFrames, PoseObservation } from './observations.ts';
import { KINDS, type Kind, type TrackletSighting } from './tracklet.ts';

type Sightings = readonly TrackletSighting[];

/** Gives the looks of the sightings of each kind; those that have one. */
export type LookSource = (wanted: Readonly<Record<Kind, Sightings>>) => ReadonlyMap<TrackletSighting, Look>;

/** Null for a face without an appearance vector. */
function lookOfFace({ embedding, confidence, landmarks }: FaceObservation): Look | null {
  return embedding === null ? null : toLook(embedding, worthOfFace(confidence, landmarks));
}

/** The look of the clothes; null for a pose without an appearance vector. */
function lookOfPose({ appearance }: PoseObservation): Look | null {
  return appearance === null ? null : toLook(appearance, worthOfClothes(appearance));
}

/** The looks of a frame's faces or of its poses, in their order. */
export function looksOfFrame(kind: Kind, { faces, poses }: FrameObservations): (Look | null)[] {
  return kind === 'face' ? faces.map(lookOfFace) : poses.map(lookOfPose);
}

/** Reads from the frames, each once; what was given the last time and is wanted again is not read again. */
export function looksFrom(frames: ObservedFrames): LookSource {
  let given = new Map<TrackletSighting, Look>();
  return (wanted) => {
    const looks = new Map<TrackletSighting, Look>();
    const unread: { kind: Kind; sighting: TrackletSighting }[] = [];
    for (const kind of KINDS) {
      for (const sighting of wanted[kind]) {
        const look = given.get(sighting);
        if (look === undefined) unread.push({ kind, sighting });
        else looks.set(sighting, look);
      }
    }
    for (const [position, ofFrame] of Map.groupBy(unread, ({ sighting }) => sighting.frame)) {
      const frame = frames.at(position);
      for (const { kind, sighting } of ofFrame) {
        const look = frame === undefined ? null : lookOf(kind, sighting.detection, frame);
        if (look !== null) looks.set(sighting, look);
      }
    }
    given = looks;
    return looks;
  };
}

function lookOf(kind: Kind, detection: number, { faces, poses }: FrameObservations): Look | null {
  const [face, pose] = [faces[detection], poses[detection]];
  if (kind === 'face') return face === undefined ? null : lookOfFace(face);
  return pose === undefined ? null : lookOfPose(pose);
}
