/** Tells skeletons that go on in a neighbour's body: people touch in points, but no bone of one lies along a bone of the other. */
import type { Point, Size, Tlwh } from '../../geometry/box.ts';
import {
  MIN_VISIBILITY,
  POSE_LANDMARK_NAMES,
  type PoseLandmark,
  type WorldLandmark,
} from '../../geometry/landmarks.ts';
import { boxAroundLandmarks } from './pose-box.ts';
import type { Pose } from './pose-landmarker.ts';
import {
  centreOf,
  contains,
  distance,
  HIPS,
  NOSE,
  pointsAt,
  SHOULDERS,
  type Skeletal,
  torsoSize,
} from './skeleton-measures.ts';

const NAMES: readonly string[] = POSE_LANDMARK_NAMES;
const SIDES = ['left', 'right'] as const;

/** Landmarks of both sides, by their names without the side, as indices. */
const bothSides = (...parts: string[]): number[][] =>
  SIDES.map((side) => parts.map((part) => NAMES.indexOf(`${side}_${part}`)));

/**
 * The limbs from where the trunk ends; hands and feet hang on the last bone. The bones at the shoulders are left out: shoulders are
 * checked against the face (same-body.ts), and those of a group that stands close together are in one place.
 */
const ARMS = bothSides('elbow', 'wrist', 'index', 'pinky', 'thumb').map((chain) => ({ chain, joints: 2 }));
const LEGS = bothSides('hip', 'knee', 'ankle', 'heel', 'foot_index').map((chain) => ({ chain, joints: 3 }));
const LIMBS = [...ARMS, ...LEGS];
const TRUNK = [SHOULDERS, HIPS, ...bothSides('shoulder', 'elbow'), ...bothSides('shoulder', 'hip')];

/** Half the width of a limb with the clothes on it, in torso sizes. */
const HALF_WIDTH = 0.2;

type Bone = readonly [PoseLandmark, PoseLandmark];

/** Somebody else in the picture, and the box of the detected face, in pixels, where one is known. */
type Neighbour = Skeletal & { readonly face?: Tlwh | null };

/**
 * The landmarks, as indices, that a skeleton has from a neighbour: bones that end in the other's face, or whose outer half lies along
 * limbs of the other and nearer to the other's head than to its own, with all that hangs on them. Only what both are seen to have
 * counts, and heads decide because they are what a skeleton is trusted for: it was found by its face.
 */
export function borrowedLandmarks(skeleton: Skeletal, other: Neighbour): Set<number> {
  const borrowed = new Set<number>();
  const limit = 2 * HALF_WIDTH * Math.min(torsoSize(skeleton), torsoSize(other));
  const theirs = LIMBS.flatMap(({ chain, joints }) => visibleBones(other, chain.slice(0, joints)));
  const [ownHead, theirHead] = [centreOf(skeleton, NOSE), centreOf(other, NOSE)];
  const isAlong = (point: Point) => theirs.some((bone) => distanceToBone(point, bone) < limit);
  const { face = null } = other;
  const isBorrowed = (bone: Bone) =>
    (face !== null && contains(face, bone[1])) ||
    (isAlong(bone[1]) && isAlong(middleOf(bone)) && isNearer(middleOf(bone), theirHead, ownHead));
  for (const { chain, joints } of LIMBS) {
    const bones = Array.from({ length: joints - 1 }, (_, i) => visibleBones(skeleton, chain.slice(i, i + 2)));
    const first = bones.findIndex((bone) => bone.some(isBorrowed));
    if (first >= 0) for (const index of chain.slice(first)) borrowed.add(index);
  }
  return borrowed;
}

/**
 * Squares (pixels) that together hide a body: rows of them along its visible bones, as wide as limbs are. What is nearer to
 * `soughtHead` stays open, for it may be the body of that one.
 */
export function patchesOver(skeleton: Skeletal, soughtHead: Point): Tlwh[] {
  const half = HALF_WIDTH * torsoSize(skeleton);
  return [...TRUNK, ...LIMBS.map(({ chain }) => chain)]
    .flatMap((chain) => visibleBones(skeleton, chain))
    .flatMap(([from, to]) => {
      const steps = Math.max(1, Math.ceil(distance(from, to) / half));
      return Array.from({ length: steps + 1 }, (_, step) => {
        return { x: from.x + ((to.x - from.x) * step) / steps, y: from.y + ((to.y - from.y) * step) / steps };
      });
    })
    .filter((point) => isNearer(point, centreOf(skeleton, NOSE), soughtHead))
    .map(({ x, y }) => ({ x: x - half, y: y - half, width: 2 * half, height: 2 * half }));
}

/** The pose with what it has from others told unseen, whatever the network says of it, in a picture of this size (pixels). */
export function withoutBorrowed<T extends Pose>(pose: T, others: readonly Neighbour[], picture: Size): T {
  const borrowed = new Set(others.flatMap((other) => [...borrowedLandmarks(pose, other)]));
  if (borrowed.size === 0) return pose;
  const hide = <L extends WorldLandmark>(points: readonly L[]) =>
    points.map((point, i) => (borrowed.has(i) ? { ...point, visibility: 0, presence: 0 } : point));
  const landmarks = hide(pose.landmarks);
  const box = boxAroundLandmarks(landmarks, picture) ?? pose.box;
  return { ...pose, box, landmarks, worldLandmarks: hide(pose.worldLandmarks) };
}

/** The bones between neighbours of a chain of joints (indices), both ends of which are seen. */
function visibleBones(skeleton: Skeletal, chain: readonly number[]): Bone[] {
  const points = pointsAt(skeleton, chain);
  return points.flatMap((to, i): Bone[] => {
    const from = points[i - 1];
    if (from === undefined || Math.min(from.visibility, to.visibility) < MIN_VISIBILITY) return [];
    return [[from, to]];
  });
}

function isNearer(point: Point, one: Point, other: Point): boolean {
  return distance(point, one) < distance(point, other);
}

function middleOf([from, to]: Bone): Point {
  return { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
}

function distanceToBone(point: Point, [from, to]: Bone): number {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const along = ((point.x - from.x) * dx + (point.y - from.y) * dy) / (dx * dx + dy * dy || 1);
  const share = Math.min(1, Math.max(0, along));
  return distance(point, { x: from.x + share * dx, y: from.y + share * dy });
}
