/** What it is worth that two appearances are alike: little where many people look like that, or nobody can be known. */
import type { Point } from '../geometry/box.ts';
import { CELL_BINS, COLOUR_BINS } from '../geometry/torso-colours.ts';
import type { Appearance } from './look.ts';

/** Black, grey and white are worn by every third person each; colours are many. */
const GREY_WORTH = 0.3;

/**
 * The worth of a torso's likeness: 1 for colours, little for black, grey and white.
 * @param appearance of unit length; the squares of its values are the shares of the colours
 */
export function worthOfClothes(appearance: Appearance): number {
  let worth = 0;
  for (const [i, value] of appearance.entries()) {
    worth += value ** 2 * (i % CELL_BINS < COLOUR_BINS ? 1 : GREY_WORTH);
  }
  return worth;
}

/**
 * How far apart eyes and mouth corners stand, in distances from the eyes to the mouth: about 0.9 from the front. A face that
 * has turned to where the lower value is reached shows a cheek and an ear, and these are much alike.
 */
const PROFILE = 0.2;
const HALF_PROFILE = 0.4;

/** What detectors give the least sure of faces; half of them lie on hair or the back of a head, and these are much alike, too. */
const DOUBTFUL = 0.5;
const SURE = 0.6;

/**
 * The worth of a face's likeness: 1 for a sure one from the front and from half aside, 0 in profile, from behind, and where it may be none.
 * @param confidence the detector's, 0..1
 * @param landmarks left eye, right eye, nose, left and right mouth corner; null where unknown, which is taken for the front
 */
export function worthOfFace(confidence: number, landmarks: readonly Point[] | null): number {
  return rising(confidence, DOUBTFUL, SURE) * worthOfTurn(landmarks);
}

function worthOfTurn(landmarks: readonly Point[] | null): number {
  const [leftEye, rightEye, , leftCorner, rightCorner] = landmarks ?? [];
  if (!leftEye || !rightEye || !leftCorner || !rightCorner) return 1;
  const down = {
    x: (leftCorner.x + rightCorner.x - leftEye.x - rightEye.x) / 2,
    y: (leftCorner.y + rightCorner.y - leftEye.y - rightEye.y) / 2,
  };
  const across = {
    x: (rightEye.x + rightCorner.x - leftEye.x - leftCorner.x) / 2,
    y: (rightEye.y + rightCorner.y - leftEye.y - leftCorner.y) / 2,
  };
  // Measured at right angles to the line from eyes to mouth, so that a head may be tilted.
  const width = (across.x * down.y - across.y * down.x) / (down.x ** 2 + down.y ** 2);
  return rising(width, PROFILE, HALF_PROFILE);
}

/** From 0 at `low` to 1 at `high`; 0 for what is no number. */
function rising(value: number, low: number, high: number): number {
  const share = (value - low) / (high - low);
  return share > 0 ? Math.min(1, share) : 0;
}
