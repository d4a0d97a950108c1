/** Tells how much a frame resembles the one before it: the evidence for cuts. */
import type { FrameSimilarity } from '../geometry/frame-similarity.ts';
import type { RgbImage } from '../geometry/rgb-image.ts';
import { hueSaturationValue } from './hue-saturation-value.ts';
import { requireRgbImage } from './rgb-image-check.ts';

const WIDTH = 64;
const HEIGHT = 36;
const PIXELS = WIDTH * HEIGHT;

/** Samples along each side of a thumbnail's pixel: enough against noise, and the cost no longer depends on the picture's size. */
const SAMPLES = 4;

const HUE_BINS = 8;
const SATURATION_BINS = 4;
const VALUE_BINS = 4;

interface Thumbnail {
  /** Shares that add up to 1, one for each bin of hue, saturation and value. */
  readonly histogram: Float64Array;
  /** Luma of each pixel, 0..255. */
  readonly grey: Float64Array;
}

/** Compares each frame of one video with the frame before it; remembers nothing but one thumbnail. */
export class FrameSimilarityMeter {
  #previous: Thumbnail | null = null;

  /** Null for the first frame. */
  compareWithPrevious(image: RgbImage): FrameSimilarity | null {
    requireRgbImage(image);
    const previous = this.#previous;
    const current = thumbnail(image);
    this.#previous = current;
    if (previous === null) return null;
    return {
      histogramIntersection: intersection(previous.histogram, current.histogram),
      greyCorrelation: correlation(previous.grey, current.grey),
    };
  }
}

function thumbnail(image: RgbImage): Thumbnail {
  const histogram = new Float64Array(HUE_BINS * SATURATION_BINS * VALUE_BINS);
  const grey = new Float64Array(PIXELS);
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      const { red, green, blue } = cellColour(image, column, row);
      const { hue, saturation, value } = hueSaturationValue(red, green, blue);
      const bin =
        (binOf(hue, HUE_BINS) * SATURATION_BINS + binOf(saturation, SATURATION_BINS)) * VALUE_BINS +
        binOf(value, VALUE_BINS);
      histogram[bin] = (histogram[bin] as number) + 1 / PIXELS;
      grey[row * WIDTH + column] = 0.299 * red + 0.587 * green + 0.114 * blue;
    }
  }
  return { histogram, grey };
}

/** Mean colour of evenly spread samples of one of the 64 x 36 cells of the picture, 0..255 a channel. */
function cellColour({ width, height, data }: RgbImage, column: number, row: number) {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const y = Math.floor(((row + (i + 0.5) / SAMPLES) * height) / HEIGHT);
    for (let j = 0; j < SAMPLES; j++) {
      const x = Math.floor(((column + (j + 0.5) / SAMPLES) * width) / WIDTH);
      const pixel = (y * width + x) * 3;
      red += data[pixel] as number;
      green += data[pixel + 1] as number;
      blue += data[pixel + 2] as number;
    }
  }
  const samples = SAMPLES * SAMPLES;
  return { red: red / samples, green: green / samples, blue: blue / samples };
}

function binOf(share: number, bins: number): number {
  return Math.min(bins - 1, Math.floor(share * bins));
}

function intersection(a: Float64Array, b: Float64Array): number {
  const shared = a.reduce((sum, value, i) => sum + Math.min(value, b[i] as number), 0);
  return Math.min(1, shared);
}

function correlation(a: Float64Array, b: Float64Array): number {
  const meanA = mean(a);
  const meanB = mean(b);
  let covariance = 0;
  let varianceA = 0;
  let varianceB = 0;
  for (let i = 0; i < a.length; i++) {
    const fromA = (a[i] as number) - meanA;
    const fromB = (b[i] as number) - meanB;
    covariance += fromA * fromB;
    varianceA += fromA * fromA;
    varianceB += fromB * fromB;
  }
  // Two frames of one colour each have nothing that could differ but that colour, which the histogram judges.
  if (isFlat(varianceA) && isFlat(varianceB)) return 1;
  if (isFlat(varianceA) || isFlat(varianceB)) return 0;
  return Math.min(1, Math.max(-1, covariance / Math.sqrt(varianceA * varianceB)));
}

function isFlat(variance: number): boolean {
  return variance < 1e-6;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
