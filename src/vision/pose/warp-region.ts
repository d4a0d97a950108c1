/** Cuts a rotated region out of a picture into a network's input, rounding exactly where OpenCV's warpPerspective rounds. */
import type { RgbImage } from '../../geometry/rgb-image.ts';
import { kernelMemory, kernels } from '../../kernels/kernels.ts';
import { copyWindow, windowAround } from '../picture-window.ts';
import { type BodyRegion, fromRegion } from './body-region.ts';

export interface WarpOptions {
  /** Side of the square input, in pixels of the network. */
  readonly inputSide: number;
  /** The values the network takes for the bytes 0 and 255. */
  readonly range: readonly [low: number, high: number];
  /** Outside the picture: black, or the nearest pixel of the picture's edge. */
  readonly border: 'black' | 'replicate';
}

/** OpenCV interpolates between 32 steps a pixel (INTER_BITS = 5). */
const STEPS = 32;
/** Adding and taking away 1.5 * 2^52 leaves a double rounded to the nearest integer, ties to even, as cvRound does. */
const ROUND_TO_INTEGER = 1.5 * 2 ** 52;
const FLOAT32_BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * A prepared way from regions of pictures to one network's input; allocates nothing for each of them.
 *
 * The network was trained on, and its published results come from, crops that OpenCV made: source coordinates quantised to 1/32 px,
 * the interpolated colour rounded to a byte. Both roundings are kept, for without them landmarks move by up to several pixels.
 */
export class RegionWarp {
  readonly #inputSide: number;
  /** Black pixels around the picture. */
  readonly #rim: 0 | 1;
  /** In single precision, as MediaPipe scales. */
  readonly #scale: number;
  readonly #low: number;

  constructor({ inputSide, range: [low, high], border }: WarpOptions) {
    this.#inputSide = inputSide;
    this.#rim = border === 'black' ? 1 : 0;
    this.#scale = Math.fround((high - low) / 255);
    this.#low = low;
  }

  /** A tensor for one input: planar RGB, [1, 3, inputSide, inputSide]. */
  createTensor(): Float32Array {
    return new Float32Array(3 * this.#inputSide ** 2);
  }

  /** Resamples `region` of `image` bilinearly into the tensor; the region may reach outside the picture, or lie there. */
  write(image: RgbImage, region: BodyRegion, tensor: Float32Array): void {
    const side = this.#inputSide;
    const step = (region.side / side) * STEPS;
    const cos = Math.cos(region.rotationRadians) * step;
    const sin = Math.sin(region.rotationRadians) * step;
    const corner = fromRegion(region, 0, 0);
    const xOf = (row: number) => corner.x * STEPS - sin * row;
    const yOf = (row: number) => corner.y * STEPS + cos * row;
    const xs = [xOf(0), xOf(side - 1)].flatMap((x) => [x, x + cos * (side - 1)]);
    const ys = [yOf(0), yOf(side - 1)].flatMap((y) => [y, y + sin * (side - 1)]);
    const window = windowAround(image, xs.map(toPixels), ys.map(toPixels), this.#rim);
    const { columns, rows, rowBytes } = window;
    const windowAt = tensor.byteLength;
    const { bytes, floats } = kernelMemory(windowAt + window.bytes);
    const origin = copyWindow(image, window, bytes, windowAt);
    for (let row = 0; row < side; row++) {
      kernels.warpRow(
        origin,
        rowBytes,
        xOf(row),
        yOf(row),
        cos,
        sin,
        columns.least * STEPS,
        rows.least * STEPS,
        columns.most * STEPS,
        rows.most * STEPS,
        row * side * FLOAT32_BYTES,
        side,
        side * side * FLOAT32_BYTES,
        this.#scale,
        this.#low,
      );
    }
    tensor.set(floats.subarray(0, tensor.length));
  }
}

/** A place in steps, which the kernel rounds to whole ones, in pixels. */
function toPixels(steps: number): number {
  return (steps + ROUND_TO_INTEGER - ROUND_TO_INTEGER) / STEPS;
}
