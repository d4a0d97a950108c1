/** Cuts an aligned face out of a picture, bilinear, straight into the planes of the embedder's input. */
import type { RgbImage } from '../geometry/rgb-image.ts';
import type { Preprocessing } from '../inference/model-manifest.ts';
import { ALIGNED_SIDE, type Similarity } from './face-alignment.ts';

/** Most samples along one side of an output pixel; a face would have to be 2,000 pixels wide to need more. */
const MAX_SAMPLES = 16;

const PLANE = ALIGNED_SIDE * ALIGNED_SIDE;

/** Floats of one aligned face: three planes. */
export const ALIGNED_FACE_LENGTH = 3 * PLANE;

/**
 * Writes the aligned face as three planes of 112 x 112 values (pixel / 255 - mean) / std from `offset` on. What lies outside the
 * picture is black. Large faces are averaged, not skipped through: each output pixel is the mean of as many samples as it covers.
 */
export function writeAlignedFace(
  image: RgbImage,
  toPicture: Similarity,
  { mean, std }: Pick<Preprocessing, 'mean' | 'std'>,
  target: Float32Array,
  offset: number,
): void {
  const { a, b, shiftX, shiftY } = toPicture;
  const samples = Math.min(Math.max(1, Math.floor(Math.hypot(a, b))), MAX_SAMPLES);
  const weight = 1 / (255 * samples * samples);
  const sum = new Float64Array(3);
  for (let row = 0; row < ALIGNED_SIDE; row++) {
    for (let column = 0; column < ALIGNED_SIDE; column++) {
      sum.fill(0);
      for (let i = 0; i < samples; i++) {
        const v = row + (i + 0.5) / samples - 0.5;
        for (let j = 0; j < samples; j++) {
          const u = column + (j + 0.5) / samples - 0.5;
          addBilinear(image, a * u - b * v + shiftX, b * u + a * v + shiftY, sum);
        }
      }
      const out = offset + row * ALIGNED_SIDE + column;
      for (let channel = 0; channel < 3; channel++) {
        target[out + channel * PLANE] =
          ((sum[channel] as number) * weight - (mean[channel] as number)) / (std[channel] as number);
      }
    }
  }
}

/** Adds the colour between four pixels (0..255 a channel) to `sum`; pixels outside the picture are black. */
function addBilinear({ width, height, data }: RgbImage, x: number, y: number, sum: Float64Array): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  for (let dy = 0; dy < 2; dy++) {
    const row = top + dy;
    if (row < 0 || row >= height) continue;
    const rowWeight = dy === 0 ? 1 - (y - top) : y - top;
    for (let dx = 0; dx < 2; dx++) {
      const column = left + dx;
      if (column < 0 || column >= width) continue;
      const weight = rowWeight * (dx === 0 ? 1 - (x - left) : x - left);
      const pixel = (row * width + column) * 3;
      sum[0] = (sum[0] as number) + weight * (data[pixel] as number);
      sum[1] = (sum[1] as number) + weight * (data[pixel + 1] as number);
      sum[2] = (sum[2] as number) + weight * (data[pixel + 2] as number);
    }
  }
}
