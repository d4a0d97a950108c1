/** Decides whose body a skeleton is: the face it has, the neighbour it shares a torso with, the two people it lies across. */
import type { Point, Tlwh } from '../../geometry/box.ts';
import { POSE_LANDMARK_NAMES, type PoseLandmark } from '../../geometry/landmarks.ts';
import type { BodyRegion } from './body-region.ts';
import { MIN_VISIBILITY } from './pose-box.ts';

/** Landmarks by name, as indices into the network's order. */
const indices = (...names: (typeof POSE_LANDMARK_NAMES)[number][]) =>
  names.map((name) => POSE_LANDMARK_NAMES.indexOf(name));

const NOSE = indices('nose');
const EYES = indices('left_eye', 'right_eye');
const FACE = [...NOSE, ...EYES, ...indices('left_ear', 'right_ear', 'mouth_left', 'mouth_right')];
const SHOULDERS = indices('left_shoulder', 'right_shoulder');
const HIPS = indices('left_hip', 'right_hip');
const JOINTS = [
  SHOULDERS,
  HIPS,
  indices('left_elbow', 'right_elbow'),
  indices('left_wrist', 'right_wrist'),
  indices('left_knee', 'right_knee'),
  indices('left_ankle', 'right_ankle'),
];

/** Distance, in torso sizes, below which two faces, two pairs of shoulders or two joints are one. */
const SAME_PLACE = 0.3;
/** Share of a skeleton's visible joints that may be those of people with faces before it is taken for a patchwork of them. */
const MAX_BORROWED = 1 / 3;

/** Nose and eyes may lie this far outside a face's box, in its sizes: detectors draw profiles tightly. */
const FACE_MARGIN = 0.15;
/** The detector places heads roughly: a face's middle may lie this far outside, in the head's sizes. */
const HEAD_MARGIN = 0.5;
/** Shoulders hang at most this far, in face heights, from the nose; further off they are another's. */
const MAX_NECK = 1.45;

/** A skeleton has strayed when its hips lie this far from the middle of the region, in its sides, ... */
const MAX_HIP_SHIFT = 0.075;
/** ... and its nose this far from the middle of the head the detector saw, in the head's sizes. */
const MAX_NOSE_SHIFT = 0.5;

/** Anything with 33 landmarks in MediaPipe's order. */
interface Skeletal {
  readonly landmarks: readonly PoseLandmark[];
}

/** A skeleton that claims a body. */
export interface Claim extends Skeletal {
  readonly confidence: number;
  /** The detected face it has; null for a person seen from behind, and for none at all. */
  readonly face: Tlwh | null;
}

/**
 * One skeleton per body, surest first. Of those that claim the same, one with a face of its own goes before one without, then the
 * surer one. A skeleton without a face whose joints are those of people with faces is nobody's.
 */
export function oneSkeletonPerBody<T extends Claim>(claims: readonly T[]): T[] {
  const kept: T[] = [];
  const byRank = claims.toSorted(
    (a, b) => Number(a.face === null) - Number(b.face === null) || b.confidence - a.confidence,
  );
  for (const claim of byRank) {
    const others = kept.filter(({ face }) => face !== null);
    if (kept.some((other) => isSameBody(other, claim))) continue;
    if (claim.face === null && borrowedShare(claim, others) > MAX_BORROWED) continue;
    kept.push(claim);
  }
  return kept.toSorted((a, b) => b.confidence - a.confidence);
}

/** Whether the face in a box (pixels) is this skeleton's: nose and eyes lie in it, and the shoulders hang at it. */
export function explainsFace(skeleton: Skeletal, face: Tlwh): boolean {
  const nose = centreOf(skeleton, NOSE);
  const neck = distance(nose, centreOf(skeleton, SHOULDERS));
  return (
    contains(face, nose, FACE_MARGIN) &&
    contains(face, centreOf(skeleton, EYES), FACE_MARGIN) &&
    neck <= MAX_NECK * face.height
  );
}

/** The face of a head the detector saw (boxes in pixels): the one nearest its middle; null for a head seen from behind. */
export function faceOfHead(head: Tlwh, faces: readonly Tlwh[]): Tlwh | null {
  const inHead = faces.filter((face) => contains(head, centreOfBox(face), HEAD_MARGIN));
  const offset = (face: Tlwh) => distance(centreOfBox(face), centreOfBox(head));
  return inHead.toSorted((a, b) => offset(a) - offset(b))[0] ?? null;
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
  const noseShift = distance(centreOf(skeleton, NOSE), centreOfBox(head)) / head.height;
  return hipShift > MAX_HIP_SHIFT && noseShift > MAX_NOSE_SHIFT;
}

/**
 * Whether two skeletons claim one body: two people can share neither a face nor a pair of shoulders, whatever their limbs do, while
 * the boxes of neighbours overlap. Distances count in the size of the smaller torso, so that a child before a parent stays a person.
 */
export function isSameBody(a: Claim, b: Claim): boolean {
  if (a.face !== null && a.face === b.face) return true;
  const limit = samePlaceDistance(a, b);
  return meanDistance(a, b, FACE) < limit || meanDistance(a, b, SHOULDERS) < limit;
}

/** Share of the visible joints that lie where another skeleton has a visible joint of the same kind, left or right; 0..1. */
function borrowedShare(skeleton: Skeletal, others: readonly Skeletal[]): number {
  let visible = 0;
  let borrowed = 0;
  for (const kind of JOINTS) {
    for (const joint of visiblePoints(skeleton, kind)) {
      visible++;
      const isBorrowed = others.some((other) => {
        const limit = samePlaceDistance(skeleton, other);
        return visiblePoints(other, kind).some((theirs) => distance(joint, theirs) < limit);
      });
      if (isBorrowed) borrowed++;
    }
  }
  return visible === 0 ? 0 : borrowed / visible;
}

function samePlaceDistance(a: Skeletal, b: Skeletal): number {
  return SAME_PLACE * Math.min(torsoSize(a), torsoSize(b));
}

/** The larger of shoulder width and distance from shoulders to hips, for one of them shrinks when the person turns or bends. */
function torsoSize(skeleton: Skeletal): number {
  const width = meanDistance(skeleton, skeleton, SHOULDERS, SHOULDERS.toReversed());
  return Math.max(width, distance(centreOf(skeleton, SHOULDERS), centreOf(skeleton, HIPS)));
}

function centreOfBox({ x, y, width, height }: Tlwh): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

/** Whether a point lies in the box, or at most `margin` outside it, in its sizes. */
function contains(box: Tlwh, point: Point, margin = 0): boolean {
  const centre = centreOfBox(box);
  return (
    Math.abs(point.x - centre.x) <= (0.5 + margin) * box.width &&
    Math.abs(point.y - centre.y) <= (0.5 + margin) * box.height
  );
}

function meanDistance(
  a: Skeletal,
  b: Skeletal,
  ofA: readonly number[],
  ofB: readonly number[] = ofA,
): number {
  const theirs = pointsAt(b, ofB);
  const distances = pointsAt(a, ofA).map((point, i) => distance(point, theirs[i] ?? point));
  return distances.reduce((sum, value) => sum + value, 0) / distances.length;
}

function centreOf(skeleton: Skeletal, at: readonly number[]): Point {
  const points = pointsAt(skeleton, at);
  return {
    x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
    y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
  };
}

function visiblePoints(skeleton: Skeletal, at: readonly number[]): PoseLandmark[] {
  return pointsAt(skeleton, at).filter(({ visibility }) => visibility >= MIN_VISIBILITY);
}

function pointsAt({ landmarks }: Skeletal, at: readonly number[]): PoseLandmark[] {
  return at.flatMap((index) => landmarks[index] ?? []);
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
