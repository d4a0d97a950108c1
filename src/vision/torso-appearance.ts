/** Describes what somebody wears: colour histograms of the torso, the looks by which tracking knows bodies again. */
import type { Point } from '../geometry/box.ts';
import { MIN_VISIBILITY, type PoseLandmark } from '../geometry/landmarks.ts';
import type { RgbImage } from '../geometry/rgb-image.ts';
import { CELL_BINS, COLOUR_BINS, GREY_BINS, HUE_BINS, TORSO_CELLS } from '../geometry/torso-colours.ts';
import { hueSaturationValue } from './hue-saturation-value.ts';
import { distance, HIPS, pointsAt, SHOULDERS } from './pose/skeleton-measures.ts';
import { requireRgbImage } from './rgb-image-check.ts';

/** A torso thinner or shorter than this many pixels has no colours worth comparing. */
const MIN_TORSO_PIXELS = 4;

const SAMPLES_ACROSS = 12;
const SAMPLES_DOWN = 24;

/** Colours less saturated or darker than this have no hue to speak of. */
const MIN_SATURATION = 0.15;
const MIN_VALUE = 0.12;

/**
 * A unit-length vector whose dot product with another one is the Bhattacharyya coefficient of the two torsos' colours: 1 for the same
 * colours, 0 for none in common. Null where shoulders or hips are hidden or outside the picture.
 * @param landmarks 33 pose landmarks in pixels of the image
 */
export function torsoAppearance(image: RgbImage, landmarks: readonly PoseLandmark[]): Float32Array | null {
  requireRgbImage(image);
  const corners = pointsAt({ landmarks }, [...SHOULDERS, ...HIPS]);
  const [a, b, c, d] = corners;
  if (a === undefined || b === undefined || c === undefined || d === undefined) return null;
  if (!corners.every((joint) => joint.visibility >= MIN_VISIBILITY && isInside(joint, image))) return null;
  if (distance(middle(a, b), middle(c, d)) < MIN_TORSO_PIXELS) return null;

  const histogram = new Float64Array(TORSO_CELLS * CELL_BINS);
  for (let row = 0; row < SAMPLES_DOWN; row++) {
    const down = (row + 0.5) / SAMPLES_DOWN;
    const cell = Math.floor(down * TORSO_CELLS) * CELL_BINS;
    for (let column = 0; column < SAMPLES_ACROSS; column++) {
      const across = (column + 0.5) / SAMPLES_ACROSS;
      addColour(image, between(between(a, b, across), between(c, d, across), down), histogram, cell);
    }
  }
  // Square roots turn the dot product of two vectors into the Bhattacharyya coefficient.
  const total = SAMPLES_ACROSS * SAMPLES_DOWN;
  return Float32Array.from(histogram, (count) => Math.sqrt(count / total));
}

/** Shares one sample among the bins near its colour, so that a small change of light does not move it from one bin to the next. */
function addColour({ width, data }: RgbImage, { x, y }: Point, histogram: Float64Array, cell: number): void {
  const pixel = (Math.floor(y) * width + Math.floor(x)) * 3;
  const { hue, saturation, value } = hueSaturationValue(
    data[pixel] as number,
    data[pixel + 1] as number,
    data[pixel + 2] as number,
  );
  if (saturation < MIN_SATURATION || value < MIN_VALUE) {
    const at = value * (GREY_BINS - 1);
    const bin = Math.floor(at);
    add(histogram, cell + COLOUR_BINS + bin, 1 - (at - bin));
    add(histogram, cell + COLOUR_BINS + Math.min(bin + 1, GREY_BINS - 1), at - bin);
    return;
  }
  const strength = saturation < 0.5 ? 0 : HUE_BINS;
  const at = hue * HUE_BINS;
  const bin = Math.floor(at);
  add(histogram, cell + strength + (bin % HUE_BINS), 1 - (at - bin));
  add(histogram, cell + strength + ((bin + 1) % HUE_BINS), at - bin);
}

function add(histogram: Float64Array, bin: number, weight: number): void {
  histogram[bin] = (histogram[bin] as number) + weight;
}

function isInside({ x, y }: Point, { width, height }: RgbImage): boolean {
  return x >= 0 && y >= 0 && x < width && y < height;
}

function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
}

function middle(a: Point, b: Point): Point {
  return between(a, b, 0.5);
}
