/** Cuts an aligned face out of a picture, bilinear, straight into the planes of the embedder's input. */
import type { RgbImage } from '../geometry/rgb-image.ts';
import type { Preprocessing } from '../inference/model-manifest.ts';
import { kernelMemory, kernels } from '../kernels/kernels.ts';
import type { Similarity } from './face-alignment.ts';
import { copyWindow, windowAround } from './picture-window.ts';

/** Most samples along one side of an output pixel; a face would have to be 2,000 pixels wide to need more. */
const MAX_SAMPLES = 16;

/** What an embedder takes for a face: a square of values (pixel / 255 - mean) / std. */
export interface CropFormat extends Pick<Preprocessing, 'mean' | 'std' | 'channels'> {
  /** In pixels. */
  readonly side: number;
  /** Three planes one after the other, rather than three values for each pixel. */
  readonly isPlanar: boolean;
}

const FLOAT32_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Floats of one aligned face. */
export function cropLength({ side }: Pick<CropFormat, 'side'>): number {
  return 3 * side * side;
}

/**
 * Writes the aligned face from `offset` on. What lies outside the picture is black. Large faces are averaged, not skipped through: each
 * output pixel is the mean of as many samples as it covers.
 */
export function writeAlignedFace(
  image: RgbImage,
  toPicture: Similarity,
  format: CropFormat,
  target: Float32Array,
  offset: number,
): void {
  const { a, b, shiftX, shiftY } = toPicture;
  const samples = Math.min(Math.max(1, Math.floor(Math.hypot(a, b))), MAX_SAMPLES);
  const { side, isPlanar, channels } = format;
  const first = 0.5 / samples - 0.5;
  const last = side - 1 - first;
  const xOf = (u: number, v: number) => a * u - b * v + shiftX;
  const yOf = (u: number, v: number) => b * u + a * v + shiftY;
  const corners = [first, last].flatMap((v) => [first, last].map((u) => [u, v] as const));
  const window = windowAround(
    image,
    corners.map((corner) => xOf(...corner)),
    corners.map((corner) => yOf(...corner)),
    1,
  );

  const length = cropLength(format);
  const scalesAt = length * FLOAT32_BYTES;
  const scales = scalesOf(format, samples);
  const windowAt = scalesAt + scales.length * FLOAT32_BYTES;
  const { bytes, floats } = kernelMemory(windowAt + window.bytes);
  floats.set(scales, length);
  const origin = copyWindow(image, window, bytes, windowAt);
  const apart = (isPlanar ? side * side : 1) * FLOAT32_BYTES;
  const step = (isPlanar ? 1 : 3) * FLOAT32_BYTES;
  const [red, blue] = channels === 'bgr' ? [2 * apart, 0] : [0, 2 * apart];
  const { columns, rows } = window;
  for (let row = 0; row < side; row++) {
    kernels.alignRow(
      origin,
      window.rowBytes,
      xOf(first, row + first),
      yOf(first, row + first),
      a,
      b,
      samples,
      columns.least,
      rows.least,
      columns.most,
      rows.most,
      row * side * step + red,
      apart - red,
      blue - red,
      step,
      side,
      scalesAt,
    );
  }
  target.set(floats.subarray(0, length), offset);
}

/** What sums of bytes are multiplied by, and what is added to them then: red, green, blue and a place that stays free, for each. */
function scalesOf({ mean, std }: CropFormat, samples: number): Float32Array {
  const scales = new Float32Array(8);
  for (const [channel, deviation] of std.entries()) {
    scales[channel] = 1 / (255 * samples * samples * deviation);
    scales[4 + channel] = -(mean[channel] ?? 0) / deviation;
  }
  return scales;
}
