/** The box a pose is reported with: around what is seen of the body. */
import { boxAroundPoints, clipToPicture, type Size, type Tlwh } from '../../geometry/box.ts';
import { MIN_VISIBILITY, type PoseLandmark } from '../../geometry/landmarks.ts';

/** Pixels; the sliver of a body that a picture's edge leaves shows nothing of it. */
const LEAST_SIDE = 1;

/**
 * Box around the visible landmarks, clipped to the picture; pixels. Where they span less than a pixel, or are fewer than two, around
 * those that at least lie in the picture; null when the body leaves nothing in the picture to draw a box around.
 */
export function boxAroundLandmarks(landmarks: readonly PoseLandmark[], picture: Size): Tlwh | null {
  const visible = landmarks.filter(({ visibility }) => visibility >= MIN_VISIBILITY);
  const present = landmarks.filter(({ presence }) => presence > 0);
  return boxAround(visible, picture) ?? boxAround(present, picture);
}

function boxAround(points: readonly PoseLandmark[], picture: Size): Tlwh | null {
  if (points.length < 2) return null;
  const box = clipToPicture(boxAroundPoints(points), picture);
  return box.width >= LEAST_SIDE && box.height >= LEAST_SIDE ? box : null;
}
