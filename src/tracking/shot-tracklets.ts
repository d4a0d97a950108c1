/** Follows the faces and then the bodies of one shot; a body is led by its face wherever one is seen. */
import type { Tlwh } from '../geometry/box.ts';
import type { Anchor, Detection } from './detection.ts';
import { evenlySpread } from './evenly-spread.ts';
import { pairFacesWithBodies } from './face-body-linking.ts';
import { followEverybody, type ShotTrackingOptions } from './follow-shot.ts';
import type { Followed } from './gap-filling.ts';
import { LookMemory } from './look-memory.ts';
import { BODY_MOTION, FACE_MOTION } from './motion-priors.ts';
import type { FrameObservations, ObservedFrames } from './observations.ts';
import { ObservedDetection } from './observed-detection.ts';
import { looksOfFrame } from './observed-looks.ts';
import type { Shot } from './shot-detection.ts';
import type { Kind, Tracklet } from './tracklet.ts';
import { upperBody } from './upper-body.ts';

export interface ShotTrackletOptions extends Omit<ShotTrackingOptions, 'motion'> {
  /** Cosine distance at which torsos are undecided; `maxCosineDistance` is that of faces. */
  readonly maxTorsoDistance: number;
}

/** A tracklet and what was seen of it first and last: after its shot nobody asks for that again. */
export interface ShotTracklet {
  readonly tracklet: Tracklet;
  readonly ends: readonly [first: Detection, last: Detection];
}

/** The tracklets of one shot, faces first. */
export function followShotTracklets(
  shot: Shot,
  frames: ObservedFrames,
  options: ShotTrackletOptions,
): ShotTracklet[] {
  const faces = followKind('face', shot, frames, { ...options, motion: FACE_MOTION }, ({ faces: seen }) =>
    seen.map(({ box, confidence }) => ({ tlwh: box, confidence, anchor: null })),
  );
  const anchorOfFace = anchorsOfFaces(shot, faces);
  const poses = followKind(
    'pose',
    shot,
    frames,
    { ...options, maxCosineDistance: options.maxTorsoDistance, motion: BODY_MOTION },
    (frame, i) => {
      const anchors = anchorsOfBodies(frame, anchorOfFace[i] ?? new Map());
      return frame.poses.map((pose, k) => ({
        tlwh: upperBody(pose),
        confidence: pose.confidence,
        anchor: anchors.get(k) ?? null,
      }));
    },
  );
  return [...faces, ...poses];
}

/** What is followed of a detection, but for its look. */
interface Seen {
  readonly tlwh: Tlwh;
  readonly confidence: number;
  readonly anchor: Anchor | null;
}

/** @param see what there is of the kind in a frame, whose position in the shot it is told */
function followKind(
  kind: Kind,
  shot: Shot,
  frames: ObservedFrames,
  options: ShotTrackingOptions,
  see: (frame: FrameObservations, i: number) => readonly Seen[],
): ShotTracklet[] {
  const looks = new LookMemory((i) => looksOfFrame(kind, frameOf(shot, frames, i)));
  const shotFrames = Array.from({ length: shot.endFrame - shot.firstFrame }, (_, i) => {
    const frame = frameOf(shot, frames, i);
    looks.hold(i, looksOfFrame(kind, frame));
    const detections = see(frame, i).map((seen, k) => new ObservedDetection(seen, looks, i, k));
    return { timeMs: frame.timestampMs, detections };
  });
  const tracks = followEverybody(shotFrames, options);
  const detections = shotFrames.map((frame) => frame.detections);
  return tracks.flatMap((track) => toTracklet(kind, shot, track, detections));
}

/** Persons are joined by a dozen looks of each: more of a long track tell nothing. */
const MOST_LOOKS = 100;

/** A face turned further aside is no sign of who somebody is. */
const LEAST_FACE_WORTH = 0.5;

function toTracklet(
  kind: Kind,
  shot: Shot,
  { sightings, confidence }: Followed,
  detections: readonly (readonly ObservedDetection[])[],
): ShotTracklet[] {
  const [first, last] = [sightings[0], sightings.at(-1)];
  if (first === undefined || last === undefined) return [];
  const seen = sightings.map(({ frame, timeMs, detection }) => {
    const ofFrame = detections[frame] ?? [];
    const index = (ofFrame as readonly Detection[]).indexOf(detection);
    const sighting = {
      frame: shot.firstFrame + frame,
      detection: index,
      timeMs,
      confidence: detection.confidence,
    };
    return { sighting, worth: ofFrame[index]?.worth ?? null };
  });
  const spread = evenlySpread(
    seen.filter(({ worth }) => worth !== null),
    MOST_LOOKS,
  );
  const tracklet = {
    kind,
    shot: shot.index,
    confidence,
    sightings: seen.map(({ sighting }) => sighting),
    recognizable: spread
      .filter(({ worth }) => kind === 'pose' || (worth ?? 0) >= LEAST_FACE_WORTH)
      .map(({ sighting }) => sighting),
  };
  return [{ tracklet, ends: [first.detection, last.detection] }];
}

/** Per frame of the shot: the time in which a face is followed, by its index. */
function anchorsOfFaces(
  { firstFrame, endFrame }: Shot,
  faces: readonly ShotTracklet[],
): Map<number, Anchor>[] {
  const anchors = Array.from({ length: endFrame - firstFrame }, () => new Map<number, Anchor>());
  for (const { sightings } of faces.map(({ tracklet }) => tracklet)) {
    const anchor = { firstMs: sightings[0]?.timeMs ?? 0, lastMs: sightings.at(-1)?.timeMs ?? 0 };
    for (const { frame, detection } of sightings) anchors[frame - firstFrame]?.set(detection, anchor);
  }
  return anchors;
}

/** The anchor of the face at a body's head, by index of the pose. */
function anchorsOfBodies(
  frame: FrameObservations,
  anchorOfFace: ReadonlyMap<number, Anchor>,
): Map<number, Anchor> {
  const anchors = new Map<number, Anchor>();
  for (const [face, pose] of pairFacesWithBodies(frame)) {
    const anchor = anchorOfFace.get(face);
    if (anchor !== undefined) anchors.set(pose, anchor);
  }
  return anchors;
}

function frameOf({ firstFrame }: Shot, frames: ObservedFrames, i: number): FrameObservations {
  const frame = frames.at(firstFrame + i);
  if (frame === undefined) throw new RangeError(`no frame ${firstFrame + i} among ${frames.length}`);
  return frame;
}
