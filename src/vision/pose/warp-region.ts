/** Cuts a rotated region out of a picture into a network's input, rounding exactly where OpenCV's warpPerspective rounds. */
import type { RgbImage } from '../../geometry/rgb-image.ts';
import { type BodyRegion, fromRegion } from './body-region.ts';

export interface WarpOptions {
  /** Side of the square input, in pixels of the network. */
  readonly inputSide: number;
  /** The values the network takes for the bytes 0 and 255. */
  readonly range: readonly [low: number, high: number];
  /** Outside the picture: black, or the nearest pixel of the picture's edge. */
  readonly border: 'black' | 'replicate';
}

/** OpenCV interpolates between 32 steps a pixel (INTER_BITS = 5); the product of two weights then counts in 1024ths. */
const STEPS = 32;
const STEP_BITS = 5;
const STEP_MASK = STEPS - 1;
const WEIGHT_BITS = 2 * STEP_BITS;
const HALF = 1 << (WEIGHT_BITS - 1);

/** Adding and taking away 1.5 * 2^52 leaves a double rounded to the nearest integer, ties to even, as cvRound does. */
const ROUND_TO_INTEGER = 1.5 * 2 ** 52;

/**
 * Resamples `region` of `image` bilinearly into `target`, planar RGB float32 [3, inputSide, inputSide] (one picture of NCHW).
 *
 * The network was trained on, and its published results come from, crops that OpenCV made: source coordinates quantised to 1/32 px,
 * the interpolated colour rounded to a byte. Both roundings are kept, for without them landmarks move by up to several pixels.
 */
export function warpRegion(
  image: RgbImage,
  region: BodyRegion,
  { inputSide, range: [low, high], border }: WarpOptions,
  target: Float32Array,
): void {
  const { data, width, height } = image;
  const scale = (high - low) / 255;
  const plane = inputSide * inputSide;
  const rowBytes = width * 3;
  const step = (region.side / inputSide) * STEPS;
  const cos = Math.cos(region.rotationRadians) * step;
  const sin = Math.sin(region.rotationRadians) * step;
  const corner = fromRegion(region, 0, 0);
  const originX = corner.x * STEPS;
  const originY = corner.y * STEPS;

  for (let row = 0, out = 0; row < inputSide; row++) {
    for (let column = 0; column < inputSide; column++, out++) {
      const stepsX = originX + cos * column - sin * row + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
      const stepsY = originY + sin * column + cos * row + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
      const left = stepsX >> STEP_BITS;
      const top = stepsY >> STEP_BITS;
      const rightWeight = stepsX & STEP_MASK;
      const bottomWeight = stepsY & STEP_MASK;
      const w00 = (STEPS - rightWeight) * (STEPS - bottomWeight);
      const w10 = rightWeight * (STEPS - bottomWeight);
      const w01 = (STEPS - rightWeight) * bottomWeight;
      const w11 = rightWeight * bottomWeight;

      let p00 = top * rowBytes + left * 3;
      let p10 = p00 + 3;
      let p01 = p00 + rowBytes;
      let p11 = p01 + 3;
      if (left < 0 || top < 0 || left >= width - 1 || top >= height - 1) {
        p00 = borderOffset(left, top, image, border);
        p10 = borderOffset(left + 1, top, image, border);
        p01 = borderOffset(left, top + 1, image, border);
        p11 = borderOffset(left + 1, top + 1, image, border);
      }
      for (let channel = 0; channel < 3; channel++) {
        const sum =
          w00 * (data[p00 + channel] ?? 0) +
          w10 * (data[p10 + channel] ?? 0) +
          w01 * (data[p01 + channel] ?? 0) +
          w11 * (data[p11 + channel] ?? 0);
        target[out + channel * plane] = ((sum + HALF) >> WEIGHT_BITS) * scale + low;
      }
    }
  }
}

/** Where the bytes of a pixel start when it may lie outside the picture: the nearest pixel's, or past the end, which reads as black. */
function borderOffset(
  x: number,
  y: number,
  { data, width, height }: RgbImage,
  border: WarpOptions['border'],
): number {
  const insideX = Math.min(Math.max(x, 0), width - 1);
  const insideY = Math.min(Math.max(y, 0), height - 1);
  if (border === 'black' && (insideX !== x || insideY !== y)) return data.length;
  return (insideY * width + insideX) * 3;
}
