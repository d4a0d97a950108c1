/** Follows the faces and then the bodies of one shot; a body is led by its face wherever one is seen. */
import { type Anchor, type Detection, toDetection } from './detection.ts';
import { pairFacesWithBodies } from './face-body-linking.ts';
import { followShot, type ShotTrackingOptions } from './follow-shot.ts';
import { BODY_MOTION, FACE_MOTION } from './motion-priors.ts';
import type { FrameObservations } from './observations.ts';
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
  frames: readonly FrameObservations[],
  options: ShotTrackletOptions,
): Tracklet[] {
  const inShot = frames.slice(shot.firstFrame, shot.endFrame);
  const faces = inShot.map((frame) =>
    frame.faces.map(({ box, confidence, embedding }) => toDetection(box, confidence, embedding)),
  );
  const faceTracklets = followKind('face', shot, inShot, faces, { ...options, motion: FACE_MOTION });

  const anchors = anchorsOfBodies(inShot, faceTracklets, shot.firstFrame);
  const poses = inShot.map((frame, i) =>
    frame.poses.map((pose, k) =>
      toDetection(upperBody(pose), pose.confidence, pose.appearance, anchors[i]?.get(k) ?? null),
    ),
  );
  const poseTracklets = followKind('pose', shot, inShot, poses, {
    ...options,
    maxCosineDistance: options.maxTorsoDistance,
    motion: BODY_MOTION,
  });
  return [...faceTracklets, ...poseTracklets];
}

function followKind(
  kind: Kind,
  shot: Shot,
  frames: readonly FrameObservations[],
  detections: readonly (readonly Detection[])[],
  options: ShotTrackingOptions,
): Tracklet[] {
  const tracks = followShot(
    frames.map(({ timestampMs }, i) => ({ timeMs: timestampMs, detections: detections[i] ?? [] })),
    options,
  );
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
      looks: sightings.flatMap(({ detection }) => detection.look ?? []),
    };
  });
}

/** Per frame: the time in which the face at a body's head is followed, by index of the pose. */
function anchorsOfBodies(
  frames: readonly FrameObservations[],
  faceTracklets: readonly Tracklet[],
  firstFrame: number,
): Map<number, Anchor>[] {
  const anchorOfFace = frames.map(() => new Map<number, Anchor>());
  for (const { sightings } of faceTracklets) {
    const anchor = { firstMs: sightings[0]?.timeMs ?? 0, lastMs: sightings.at(-1)?.timeMs ?? 0 };
    for (const { frame, detection } of sightings) anchorOfFace[frame - firstFrame]?.set(detection, anchor);
  }
  return frames.map((frame, i) => {
    const anchors = new Map<number, Anchor>();
    for (const [face, pose] of pairFacesWithBodies(frame)) {
      const anchor = anchorOfFace[i]?.get(face);
      if (anchor !== undefined) anchors.set(pose, anchor);
    }
    return anchors;
  });
}
