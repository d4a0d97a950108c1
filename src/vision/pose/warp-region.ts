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

/** Where a row of the input lies in the picture: its beginning and the way from one pixel to the next, in steps. */
interface Line {
  readonly x: number;
  readonly y: number;
  readonly cos: number;
  readonly sin: number;
}

/**
 * A prepared way from regions of pictures to one network's input; allocates nothing for each of them.
 *
 * The network was trained on, and its published results come from, crops that OpenCV made: source coordinates quantised to 1/32 px,
 * the interpolated colour rounded to a byte. Both roundings are kept, for without them landmarks move by up to several pixels.
 */
export class RegionWarp {
  readonly #inputSide: number;
  readonly #isBlackOutside: boolean;
  /** What the network takes for each byte; scaled in single precision, as MediaPipe does. */
  readonly #levels = new Float32Array(256);

  constructor({ inputSide, range: [low, high], border }: WarpOptions) {
    this.#inputSide = inputSide;
    this.#isBlackOutside = border === 'black';
    const scale = Math.fround((high - low) / 255);
    for (let byte = 0; byte < 256; byte++) this.#levels[byte] = Math.fround(byte * scale) + low;
  }

  /** A tensor for one input: planar RGB, [1, 3, inputSide, inputSide]. */
  createTensor(): Float32Array {
    return new Float32Array(3 * this.#inputSide ** 2);
  }

  /** Resamples `region` of `image` bilinearly into the tensor; the region may reach outside the picture, or lie there. */
  write(image: RgbImage, region: BodyRegion, tensor: Float32Array): void {
    const { width, height, data } = image;
    // Of one shape whosever the image is: V8 would compile the row anew for each shape.
    const picture = { width, height, data };
    const side = this.#inputSide;
    const step = (region.side / side) * STEPS;
    const cos = Math.cos(region.rotationRadians) * step;
    const sin = Math.sin(region.rotationRadians) * step;
    const corner = fromRegion(region, 0, 0);
    for (let row = 0; row < side; row++) {
      const x = corner.x * STEPS - sin * row;
      const y = corner.y * STEPS + cos * row;
      const isEmpty = isOutside(x, cos * side, width) || isOutside(y, sin * side, height);
      // Of a wide picture, nearly half of the square around it.
      if (this.#isBlackOutside && isEmpty) this.#blackenRow(tensor, row * side);
      else this.#writeRow(picture, { x, y, cos, sin }, tensor, row * side);
    }
  }

  #blackenRow(tensor: Float32Array, start: number): void {
    const side = this.#inputSide;
    for (let channel = 0; channel < 3; channel++) {
      const from = start + channel * side * side;
      tensor.fill(this.#levels[0] as number, from, from + side);
    }
  }

  /** A function of its own: V8 compiles one that is called for each row once, a long loop in one that is called for each region several times. */
  #writeRow({ data, width, height }: RgbImage, line: Line, tensor: Float32Array, start: number): void {
    const { x, y, cos, sin } = line;
    const side = this.#inputSide;
    const levels = this.#levels;
    const isBlackOutside = this.#isBlackOutside;
    const rowBytes = width * 3;
    const lastX = width - 1;
    const lastY = height - 1;
    const green = side * side;
    const blue = 2 * green;
    for (let column = 0, out = start; column < side; column++, out++) {
      const stepsX = x + cos * column + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
      const stepsY = y + sin * column + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
      let left = stepsX >> STEP_BITS;
      let top = stepsY >> STEP_BITS;
      let right = left + 1;
      let bottom = top + 1;
      let toRight = stepsX & STEP_MASK;
      let toLeft = STEPS - toRight;
      let toBottom = stepsY & STEP_MASK;
      let toTop = STEPS - toBottom;
      if (left < 0 || top < 0 || left >= lastX || top >= lastY) {
        if (isBlackOutside) {
          if (left < 0 || left > lastX) toLeft = 0;
          if (right < 0 || right > lastX) toRight = 0;
          if (top < 0 || top > lastY) toTop = 0;
          if (bottom < 0 || bottom > lastY) toBottom = 0;
        }
        left = Math.min(Math.max(left, 0), lastX);
        right = Math.min(Math.max(right, 0), lastX);
        top = Math.min(Math.max(top, 0), lastY);
        bottom = Math.min(Math.max(bottom, 0), lastY);
      }
      const a = top * rowBytes + left * 3;
      const b = top * rowBytes + right * 3;
      const c = bottom * rowBytes + left * 3;
      const d = bottom * rowBytes + right * 3;
      // Along the rows first: in whole numbers the order makes no difference, and this one is a tenth faster.
      tensor[out] = levels[
        (toTop * (toLeft * (data[a] as number) + toRight * (data[b] as number)) +
          toBottom * (toLeft * (data[c] as number) + toRight * (data[d] as number)) +
          HALF) >>
          WEIGHT_BITS
      ] as number;
      tensor[out + green] = levels[
        (toTop * (toLeft * (data[a + 1] as number) + toRight * (data[b + 1] as number)) +
          toBottom * (toLeft * (data[c + 1] as number) + toRight * (data[d + 1] as number)) +
          HALF) >>
          WEIGHT_BITS
      ] as number;
      tensor[out + blue] = levels[
        (toTop * (toLeft * (data[a + 2] as number) + toRight * (data[b + 2] as number)) +
          toBottom * (toLeft * (data[c + 2] as number) + toRight * (data[d + 2] as number)) +
          HALF) >>
          WEIGHT_BITS
      ] as number;
    }
  }
}

/** Whether a stretch along one axis, in steps, lies wholly beyond a picture of this length and what is blended with its edges. */
function isOutside(from: number, stretch: number, length: number): boolean {
  const low = Math.min(from, from + stretch);
  const high = Math.max(from, from + stretch);
  return high < -2 * STEPS || low > (length + 1) * STEPS;
}
