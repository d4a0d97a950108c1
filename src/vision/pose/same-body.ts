/** Tells skeletons of one body apart from skeletons of two: by where faces and torsos lie, for boxes of neighbours overlap. */
import type { Point, Tlwh } from '../../geometry/box.ts';
import { POSE_LANDMARK_NAMES } from '../../geometry/landmarks.ts';
import type { BodyRegion } from './body-region.ts';

type LandmarkName = (typeof POSE_LANDMARK_NAMES)[number];

const indexOf = (name: LandmarkName) => POSE_LANDMARK_NAMES.indexOf(name);

const FACE = (
  ['nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear', 'mouth_left', 'mouth_right'] as const
).map(indexOf);
const SHOULDERS = (['left_shoulder', 'right_shoulder'] as const).map(indexOf);
const HIPS = (['left_hip', 'right_hip'] as const).map(indexOf);
const EYES = (['left_eye', 'right_eye'] as const).map(indexOf);
const NOSE = [indexOf('nose')];

/** Mean distance, in torso sizes, below which two faces, or two pairs of shoulders, are one. */
const SAME_PLACE = 0.3;

/** Nose and eyes may lie this far outside a face's box, in its sizes: detectors draw profiles tightly. */
const FACE_MARGIN = 0.15;

/** A skeleton has strayed when its hips lie this far from the middle of the region, in its sides, ... */
const MAX_HIP_SHIFT = 0.075;
/** ... and its nose this far from the middle of the head the detector saw, in the head's sizes. */
const MAX_NOSE_SHIFT = 0.5;

/** Anything with 33 landmarks in MediaPipe's order. */
export interface Skeletal {
  readonly landmarks: readonly Point[];
}

/**
 * Whether two skeletons claim one body: two people can share neither a face nor a pair of shoulders, whatever their limbs do.
 * Distances count in the size of the smaller torso, so that a child before a parent stays a person.
 */
export function isSameBody(a: Skeletal, b: Skeletal): boolean {
  const limit = SAME_PLACE * Math.min(torsoSize(a), torsoSize(b));
  return meanDistance(a, b, FACE) < limit || meanDistance(a, b, SHOULDERS) < limit;
}

/** Whether the face in a box (pixels) is this skeleton's: nose and eyes lie in it. */
export function explainsFace(pose: Skeletal, face: Tlwh): boolean {
  const marginX = FACE_MARGIN * face.width;
  const marginY = FACE_MARGIN * face.height;
  return [centreOf(pose, NOSE), centreOf(pose, EYES)].every(
    ({ x, y }) =>
      x >= face.x - marginX &&
      x <= face.x + face.width + marginX &&
      y >= face.y - marginY &&
      y <= face.y + face.height + marginY,
  );
}

/**
 * Whether the network, looking at a region the detector proposed, settled on something else: as a rule on parts of two people the
 * region lies between. One sign alone is common where all is well (a body cut off by the picture's edge moves the hips, a close-up
 * the nose); both together were seen on no skeleton that a person would call right.
 */
export function hasStrayed(
  skeleton: Skeletal & { readonly hips: Point },
  { centreX, centreY, side }: BodyRegion,
  head: Tlwh,
): boolean {
  const hipShift = distance(skeleton.hips, { x: centreX, y: centreY }) / side;
  const headCentre = { x: head.x + head.width / 2, y: head.y + head.height / 2 };
  const noseShift = distance(centreOf(skeleton, NOSE), headCentre) / head.height;
  return hipShift > MAX_HIP_SHIFT && noseShift > MAX_NOSE_SHIFT;
}

/** The surest skeleton of each body, by falling confidence. */
export function oneSkeletonPerBody<T extends Skeletal & { readonly confidence: number }>(
  skeletons: readonly T[],
): T[] {
  const kept: T[] = [];
  for (const skeleton of skeletons.toSorted((a, b) => b.confidence - a.confidence)) {
    if (!kept.some((other) => isSameBody(other, skeleton))) kept.push(skeleton);
  }
  return kept;
}

/** The larger of shoulder width and distance from shoulders to hips, for one of them shrinks when the person turns or bends. */
function torsoSize(skeleton: Skeletal): number {
  const [left, right] = SHOULDERS.map((index) => pointAt(skeleton, index)) as [Point, Point];
  return Math.max(distance(left, right), distance(centreOf(skeleton, SHOULDERS), centreOf(skeleton, HIPS)));
}

function meanDistance(a: Skeletal, b: Skeletal, indices: readonly number[]): number {
  const distances = indices.map((index) => distance(pointAt(a, index), pointAt(b, index)));
  return distances.reduce((sum, value) => sum + value, 0) / distances.length;
}

function centreOf(skeleton: Skeletal, indices: readonly number[]): Point {
  const points = indices.map((index) => pointAt(skeleton, index));
  return {
    x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
    y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
  };
}

function pointAt({ landmarks }: Skeletal, index: number): Point {
  return landmarks[index] ?? { x: Number.NaN, y: Number.NaN };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
