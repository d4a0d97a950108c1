/** The part of a body that is followed: head and shoulders, which film shows most and which change their shape least. */
import { boxAroundPoints, type Tlwh } from '../geometry/box.ts';
import type { PoseObservation } from './observations.ts';

/** Landmarks 0 to 12 are the head and the shoulders (see POSE_LANDMARK_NAMES). */
const HEAD_AND_SHOULDERS = 13;

/**
 * The box around head and shoulders, pixels. The observation's own box would jump to twice its height when the knees come
 * into view; it is the fallback for poses without these landmarks.
 */
export function upperBody({ landmarks, box }: Pick<PoseObservation, 'landmarks' | 'box'>): Tlwh {
  if (landmarks.length < HEAD_AND_SHOULDERS) return box;
  const upper = boxAroundPoints(landmarks.slice(0, HEAD_AND_SHOULDERS));
  return upper.width > 0 && upper.height > 0 ? upper : box;
}
