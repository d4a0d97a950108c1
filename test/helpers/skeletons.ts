/** Skeletons to try rules about skeletons with. */
import { POSE_LANDMARK_NAMES, type PoseLandmark } from '../../src/geometry/landmarks.ts';
import type { Claim } from '../../src/vision/pose/same-body.ts';

type Name = (typeof POSE_LANDMARK_NAMES)[number];

/** Places, in head heights from the nose, of a person who stands upright and faces the camera. */
const STANDING: Partial<Record<Name, readonly [number, number]>> = {
  left_eye: [0.2, -0.2],
  right_eye: [-0.2, -0.2],
  left_ear: [0.4, -0.1],
  right_ear: [-0.4, -0.1],
  mouth_left: [0.15, 0.25],
  mouth_right: [-0.15, 0.25],
  left_shoulder: [1, 1.2],
  right_shoulder: [-1, 1.2],
  left_elbow: [1.2, 2.4],
  right_elbow: [-1.2, 2.4],
  left_wrist: [1.2, 3.4],
  right_wrist: [-1.2, 3.4],
  left_pinky: [1.25, 3.7],
  right_pinky: [-1.25, 3.7],
  left_index: [1.15, 3.75],
  right_index: [-1.15, 3.75],
  left_thumb: [1.05, 3.55],
  right_thumb: [-1.05, 3.55],
  left_hip: [0.6, 3.6],
  right_hip: [-0.6, 3.6],
  left_knee: [0.6, 5.4],
  right_knee: [-0.6, 5.4],
  left_ankle: [0.6, 7],
  right_ankle: [-0.6, 7],
};

/** Height of the head, pixels. */
export const HEAD = 20;

/** A claim of the person whose nose lies at (x, y), all of it visible. */
export function person(x: number, y: number, changes: Partial<Claim> = {}): Claim {
  const landmarks = POSE_LANDMARK_NAMES.map((name): PoseLandmark => {
    const [right, down] = STANDING[name] ?? [0, 0];
    return { x: x + right * HEAD, y: y + down * HEAD, z: 0, visibility: 1, presence: 1 };
  });
  return { landmarks, confidence: 0.9, face: null, ...changes };
}
