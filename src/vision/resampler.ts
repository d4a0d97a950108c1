/** Resizes windows of pictures into planes of floats, the input of the networks, without allocating anything for each frame. */
import type { Size } from '../geometry/box.ts';
import type { RgbImage } from '../geometry/rgb-image.ts';
import { type PlanarTarget, writeHalf } from './halving.ts';
import { type ResamplingTaps, resamplingTaps } from './resampling-taps.ts';

const BYTE_TO_UNIT = 1 / 255;

/** Resizes windows of one size to one other size; weights and buffers are made once and serve every frame. */
export class Resampler {
  readonly #target: Size;
  readonly #columns: ResamplingTaps;
  readonly #rows: ResamplingTaps;
  /** One output row before its columns are merged, interleaved RGB; only for more than two taps. */
  readonly #blended: Float64Array;
  readonly #isHalving: boolean;

  /** Both sizes are whole pixels, at least 1 x 1. */
  constructor(source: Size, target: Size) {
    this.#target = target;
    this.#columns = resamplingTaps(source.width, target.width);
    this.#rows = resamplingTaps(source.height, target.height);
    this.#blended = new Float64Array(source.width * 3);
    this.#isHalving = source.width === 2 * target.width && source.height === 2 * target.height;
  }

  /**
   * Writes the window of `source` size at (`x`, `y`) of the image, scaled to 0..1, into the planes.
   * The window must lie inside the image and the result inside the planes.
   */
  write(image: RgbImage, x: number, y: number, planes: PlanarTarget): void {
    if (this.#isHalving) {
      writeHalf(image, x, y, this.#target, planes);
      return;
    }
    const { count, starts, weights } = this.#rows;
    const pairs = count <= 2 && this.#columns.count <= 2;
    const stride = image.width * 3;
    for (let row = 0; row < this.#target.height; row++) {
      const from = (y + (starts[row] as number)) * stride + x * 3;
      const to = (planes.top + row) * planes.planeWidth + planes.left;
      const rowWeights = weights.subarray(row * count, (row + 1) * count);
      if (pairs) {
        this.#writePairs(image.data, from, count === 2 ? stride : 0, rowWeights, planes, to);
      } else {
        this.#blendRows(image.data, from, stride, rowWeights);
        this.#mergeColumns(planes, to);
      }
    }
  }

  /**
   * One output row where each pixel comes of at most 2 x 2 others: enlarging, copying, and shrinking by less than two. Twice as fast as
   * the general way; `stride` is 0 where there is no second row.
   */
  #writePairs(
    data: Uint8Array,
    from: number,
    stride: number,
    rowWeights: Float64Array,
    { data: planes, planeWidth, planeHeight }: PlanarTarget,
    to: number,
  ): void {
    const { count, starts, weights } = this.#columns;
    const step = count === 2 ? 3 : 0;
    const upper = (rowWeights[0] as number) * BYTE_TO_UNIT;
    const lower = (rowWeights[1] ?? 0) * BYTE_TO_UNIT;
    const plane = planeWidth * planeHeight;
    for (let column = 0; column < starts.length; column++) {
      const a = from + (starts[column] as number) * 3;
      const b = a + step;
      const c = a + stride;
      const d = c + step;
      const left = weights[column * count] as number;
      const right = 1 - left;
      const wa = left * upper;
      const wb = right * upper;
      const wc = left * lower;
      const wd = right * lower;
      const out = to + column;
      planes[out] =
        (data[a] as number) * wa +
        (data[b] as number) * wb +
        (data[c] as number) * wc +
        (data[d] as number) * wd;
      planes[out + plane] =
        (data[a + 1] as number) * wa +
        (data[b + 1] as number) * wb +
        (data[c + 1] as number) * wc +
        (data[d + 1] as number) * wd;
      planes[out + 2 * plane] =
        (data[a + 2] as number) * wa +
        (data[b + 2] as number) * wb +
        (data[c + 2] as number) * wc +
        (data[d + 2] as number) * wd;
    }
  }

  /** Weighted sum of input rows. Rows come before columns because this way every byte is read once, in the order of memory. */
  #blendRows(data: Uint8Array, from: number, stride: number, rowWeights: Float64Array): void {
    const blended = this.#blended;
    blended.fill(0);
    for (let tap = 0; tap < rowWeights.length; tap++) {
      const weight = (rowWeights[tap] as number) * BYTE_TO_UNIT;
      if (weight === 0) continue;
      const start = from + tap * stride;
      for (let i = 0; i < blended.length; i++) {
        blended[i] = (blended[i] as number) + (data[start + i] as number) * weight;
      }
    }
  }

  /** Weighted sums of neighbouring pixels of the blended row, written to the three planes from `to` on. */
  #mergeColumns({ data, planeWidth, planeHeight }: PlanarTarget, to: number): void {
    const { count, starts, weights } = this.#columns;
    const blended = this.#blended;
    const plane = planeWidth * planeHeight;
    for (let column = 0; column < starts.length; column++) {
      const pixel = (starts[column] as number) * 3;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let tap = 0; tap < count; tap++) {
        const weight = weights[column * count + tap] as number;
        const at = pixel + tap * 3;
        red += (blended[at] as number) * weight;
        green += (blended[at + 1] as number) * weight;
        blue += (blended[at + 2] as number) * weight;
      }
      data[to + column] = red;
      data[to + column + plane] = green;
      data[to + column + 2 * plane] = blue;
    }
  }
}
