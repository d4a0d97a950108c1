/** Follows the faces and then the bodies of one shot; a body is led by its face wherever one is seen. */
import { type Anchor, type Detection, toDetection } from './detection.ts';
import { evenlySpread } from './evenly-spread.ts';
import { pairFacesWithBodies } from './face-body-linking.ts';
import { followEverybody, type ShotFrame, type ShotTrackingOptions } from './follow-shot.ts';
import type { Followed } from './gap-filling.ts';
import { worthOfClothes, worthOfFace } from './likeness-worth.ts';
import { BODY_MOTION, FACE_MOTION } from './motion-priors.ts';
import type { FrameObservations, ObservedFrames } from './observations.ts';
import type { Shot } from './shot-detection.ts';
import type { Kind, Tracklet } from './tracklet.ts';
import { upperBody } from './upper-body.ts';

export interface ShotTrackletOptions extends Omit<ShotTrackingOptions, 'motion'> {
  /** Cosine distance at which torsos are undecided; `maxCosineDistance` is that of faces. */
  readonly maxTorsoDistance: number;
}

/** The tracklets of one shot, faces first. */
export function followShotTracklets(
  shot: Shot,
  frames: ObservedFrames,
  options: ShotTrackletOptions,
): Tracklet[] {
  const times = fromShot(shot, frames, ({ timestampMs }) => timestampMs);
  const faces = fromShot(shot, frames, (frame) =>
    frame.faces.map(({ box, confidence, embedding, landmarks }) =>
      toDetection(box, confidence, embedding, null, worthOfFace(confidence, landmarks)),
    ),
  );
  const faceTracks = followEverybody(shotFrames(times, faces), { ...options, motion: FACE_MOTION });
  const faceTracklets = toTracklets('face', shot, faceTracks, faces);

  const anchors = anchorsOfBodies(shot, frames, faceTracklets);
  const poses = fromShot(shot, frames, (frame, i) =>
    frame.poses.map((pose, k) => {
      const { confidence, appearance } = pose;
      const worth = appearance === null ? 0 : worthOfClothes(appearance);
      return toDetection(upperBody(pose), confidence, appearance, anchors[i]?.get(k) ?? null, worth);
    }),
  );
  const poseTracks = followEverybody(shotFrames(times, poses), {
    ...options,
    maxCosineDistance: options.maxTorsoDistance,
    motion: BODY_MOTION,
  });
  return [...faceTracklets, ...toTracklets('pose', shot, poseTracks, poses)];
}

/** Persons are joined by a dozen looks of each: more of a long track tell nothing, and hours of it fill the memory. */
const MOST_LOOKS = 100;

function shotFrames(times: readonly number[], detections: readonly (readonly Detection[])[]): ShotFrame[] {
  return times.map((timeMs, i) => ({ timeMs, detections: detections[i] ?? [] }));
}

function toTracklets(
  kind: Kind,
  shot: Shot,
  tracks: readonly Followed[],
  detections: readonly (readonly Detection[])[],
): Tracklet[] {
  return tracks.flatMap(({ sightings, confidence }) => {
    const [first, last] = [sightings[0], sightings.at(-1)];
    if (first === undefined || last === undefined) return [];
    return {
      kind,
      shot: shot.index,
      confidence,
      sightings: sightings.map(({ frame, timeMs, detection }) => ({
        frame: shot.firstFrame + frame,
        detection: detections[frame]?.indexOf(detection) ?? -1,
        timeMs,
        confidence: detection.confidence,
      })),
      ends: [first.detection, last.detection] as const,
      looks: evenlySpread(
        sightings.flatMap(({ detection }) => detection.look ?? []),
        MOST_LOOKS,
      ),
    };
  });
}

/** Per frame: the time in which the face at a body's head is followed, by index of the pose. */
function anchorsOfBodies(
  shot: Shot,
  frames: ObservedFrames,
  faceTracklets: readonly Tracklet[],
): Map<number, Anchor>[] {
  const length = shot.endFrame - shot.firstFrame;
  const anchorOfFace = Array.from({ length }, () => new Map<number, Anchor>());
  for (const { sightings } of faceTracklets) {
    const anchor = { firstMs: sightings[0]?.timeMs ?? 0, lastMs: sightings.at(-1)?.timeMs ?? 0 };
    for (const { frame, detection } of sightings)
      anchorOfFace[frame - shot.firstFrame]?.set(detection, anchor);
  }
  return fromShot(shot, frames, (frame, i) => {
    const anchors = new Map<number, Anchor>();
    for (const [face, pose] of pairFacesWithBodies(frame)) {
      const anchor = anchorOfFace[i]?.get(face);
      if (anchor !== undefined) anchors.set(pose, anchor);
    }
    return anchors;
  });
}

/** What is kept of each frame of a shot; the frames themselves are let go. */
function fromShot<Kept>(
  { firstFrame, endFrame }: Shot,
  frames: ObservedFrames,
  keep: (frame: FrameObservations, i: number) => Kept,
): Kept[] {
  return Array.from({ length: endFrame - firstFrame }, (_, i) => {
    const frame = frames.at(firstFrame + i);
    if (frame === undefined) throw new RangeError(`no frame ${firstFrame + i} among ${frames.length}`);
    return keep(frame, i);
  });
}
