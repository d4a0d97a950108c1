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
  const sums = cellSums(image);
  const histogram = new Float64Array(HUE_BINS * SATURATION_BINS * VALUE_BINS);
  const grey = new Float64Array(PIXELS);
  for (let row = 0; row < HEIGHT; row++) describeRow(sums, row * WIDTH, histogram, grey);
  return { histogram, grey };
}

/** Enters one row of cells, from the cell `first` on, into the histogram and the luma. */
function describeRow(sums: Float64Array, first: number, histogram: Float64Array, grey: Float64Array): void {
  for (let cell = first; cell < first + WIDTH; cell++) {
    const red = (sums[3 * cell] as number) / SAMPLES ** 2;
    const green = (sums[3 * cell + 1] as number) / SAMPLES ** 2;
    const blue = (sums[3 * cell + 2] as number) / SAMPLES ** 2;
    const { hue, saturation, value } = hueSaturationValue(red, green, blue);
    const bin =
      (binOf(hue, HUE_BINS) * SATURATION_BINS + binOf(saturation, SATURATION_BINS)) * VALUE_BINS +
      binOf(value, VALUE_BINS);
    histogram[bin] = (histogram[bin] as number) + 1 / PIXELS;
    grey[cell] = 0.299 * red + 0.587 * green + 0.114 * blue;
  }
}

/** Red, green and blue of evenly spread samples of each of the 64 x 36 cells of the picture, added up: 3 x 2304 sums, row by row. */
function cellSums({ width, height, data }: RgbImage): Float64Array {
  const sums = new Float64Array(3 * PIXELS);
  const columns = samplePositions(width, WIDTH).map((x) => 3 * x);
  samplePositions(height, HEIGHT).forEach((y, sample) => {
    const row = Math.floor(sample / SAMPLES);
    addRow(data, 3 * width * y, columns, sums, 3 * WIDTH * row);
  });
  return sums;
}

/** Where the samples of `cells` cells lie along a side of the picture, in pixels. */
function samplePositions(length: number, cells: number): Uint32Array {
  return Uint32Array.from({ length: SAMPLES * cells }, (_, i) => {
    const [cell, sample] = [Math.floor(i / SAMPLES), i % SAMPLES];
    return Math.floor(((cell + (sample + 0.5) / SAMPLES) * length) / cells);
  });
}

/** Adds one row of samples to the sums of the cells it runs through. A function of its own, small to compile: it touches all samples. */
function addRow(data: Uint8Array, from: number, columns: Uint32Array, sums: Float64Array, to: number): void {
  for (let i = 0; i < columns.length; i++) {
    const pixel = from + (columns[i] as number);
    const at = to + 3 * Math.floor(i / SAMPLES);
    sums[at] = (sums[at] as number) + (data[pixel] as number);
    sums[at + 1] = (sums[at + 1] as number) + (data[pixel + 1] as number);
    sums[at + 2] = (sums[at + 2] as number) + (data[pixel + 2] as number);
  }
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
