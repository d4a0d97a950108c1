/** Measures of a skeleton that both "whose body is it" and "is it a body at all" are decided by: distances, centres and sizes of its parts. */
import { boxAroundPoints, centreOfBox, type Point, type Tlwh } from '../../geometry/box.ts';
import { MIN_VISIBILITY, POSE_LANDMARK_NAMES, type PoseLandmark } from '../../geometry/landmarks.ts';

/** Landmarks by name, as indices into the network's order. */
const indices = (...names: (typeof POSE_LANDMARK_NAMES)[number][]) =>
  names.map((name) => POSE_LANDMARK_NAMES.indexOf(name));

export const NOSE = indices('nose');
export const EYES = indices('left_eye', 'right_eye');
export const FACE = [...NOSE, ...EYES, ...indices('left_ear', 'right_ear', 'mouth_left', 'mouth_right')];
export const SHOULDERS = indices('left_shoulder', 'right_shoulder');
export const HIPS = indices('left_hip', 'right_hip');
export const JOINTS = [
  SHOULDERS,
  HIPS,
  indices('left_elbow', 'right_elbow'),
  indices('left_wrist', 'right_wrist'),
  indices('left_knee', 'right_knee'),
  indices('left_ankle', 'right_ankle'),
];

/** What is seen of each hand: wrist, little finger, index finger, thumb. */
export const HANDS = [
  indices('left_wrist', 'left_pinky', 'left_index', 'left_thumb'),
  indices('right_wrist', 'right_pinky', 'right_index', 'right_thumb'),
];

/** Anything with 33 landmarks in MediaPipe's order. */
export interface Skeletal {
  readonly landmarks: readonly PoseLandmark[];
}

/** The larger of shoulder width and distance from shoulders to hips, for one of them shrinks when the person turns or bends. */
export function torsoSize(skeleton: Skeletal): number {
  const width = meanDistance(skeleton, skeleton, SHOULDERS, SHOULDERS.toReversed());
  return Math.max(width, distance(centreOf(skeleton, SHOULDERS), centreOf(skeleton, HIPS)));
}

/** The box around shoulders and hips; pixels. */
export function torsoBox(skeleton: Skeletal): Tlwh {
  return boxAroundPoints(pointsAt(skeleton, [...SHOULDERS, ...HIPS]));
}

/** Whether a point lies in the box, or at most `margin` outside it, in its sizes. */
export function contains(box: Tlwh, point: Point, margin = 0): boolean {
  const centre = centreOfBox(box);
  return (
    Math.abs(point.x - centre.x) <= (0.5 + margin) * box.width &&
    Math.abs(point.y - centre.y) <= (0.5 + margin) * box.height
  );
}

export function meanDistance(
  a: Skeletal,
  b: Skeletal,
  ofA: readonly number[],
  ofB: readonly number[] = ofA,
): number {
  const theirs = pointsAt(b, ofB);
  const distances = pointsAt(a, ofA).map((point, i) => distance(point, theirs[i] ?? point));
  return distances.reduce((sum, value) => sum + value, 0) / distances.length;
}

export function centreOf(skeleton: Skeletal, at: readonly number[]): Point {
  const points = pointsAt(skeleton, at);
  return {
    x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
    y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
  };
}

export function visiblePoints(skeleton: Skeletal, at: readonly number[]): PoseLandmark[] {
  return pointsAt(skeleton, at).filter(({ visibility }) => visibility >= MIN_VISIBILITY);
}

export function pointsAt({ landmarks }: Skeletal, at: readonly number[]): PoseLandmark[] {
  return at.flatMap((index) => landmarks[index] ?? []);
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
