/** Body landmarks as vision finds them and tracking follows them: MediaPipe's 33 points (https://ai.google.dev/edge/mediapipe/solutions/vision/pose_landmarker). */
import type { Point } from './box.ts';

/** Names of the 33 BlazePose landmarks, in the order of the network's output; left and right are the person's own. */
export const POSE_LANDMARK_NAMES = [
  'nose',
  'left_eye_inner',
  'left_eye',
  'left_eye_outer',
  'right_eye_inner',
  'right_eye',
  'right_eye_outer',
  'left_ear',
  'right_ear',
  'mouth_left',
  'mouth_right',
  'left_shoulder',
  'right_shoulder',
  'left_elbow',
  'right_elbow',
  'left_wrist',
  'right_wrist',
  'left_pinky',
  'right_pinky',
  'left_index',
  'right_index',
  'left_thumb',
  'right_thumb',
  'left_hip',
  'right_hip',
  'left_knee',
  'right_knee',
  'left_ankle',
  'right_ankle',
  'left_heel',
  'right_heel',
  'left_foot_index',
  'right_foot_index',
] as const;

/** A body landmark in pixels; z in the scale of x, 0 at the hips, negative towards the camera. */
export interface PoseLandmark extends Point {
  readonly z: number;
  /** Probability that the point is in the picture and not hidden, 0..1. */
  readonly visibility: number;
  /** Probability that the point lies inside the picture, 0..1. */
  readonly presence: number;
}

/** A landmark counts as seen from here on, below it the network has guessed; MediaPipe's own drawing uses the same limit. */
export const MIN_VISIBILITY = 0.5;

/** A body landmark in metres, origin between the hips, axes as in the picture. */
export interface WorldLandmark extends Point {
  readonly z: number;
  readonly visibility: number;
  readonly presence: number;
}
