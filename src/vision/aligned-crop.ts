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
  const { width, height, data } = image;
  const samples = Math.min(Math.max(1, Math.floor(Math.hypot(a, b))), MAX_SAMPLES);
  const weight = 1 / (255 * samples * samples);
  const scales = std.map((deviation) => weight / deviation);
  const shifts = std.map((deviation, channel) => -(mean[channel] as number) / deviation);
  const edge = new Float64Array(3);
  for (let row = 0; row < ALIGNED_SIDE; row++) {
    for (let column = 0; column < ALIGNED_SIDE; column++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      edge.fill(0);
      for (let i = 0; i < samples; i++) {
        const v = row + (i + 0.5) / samples - 0.5;
        for (let j = 0; j < samples; j++) {
          const u = column + (j + 0.5) / samples - 0.5;
          const x = a * u - b * v + shiftX;
          const y = b * u + a * v + shiftY;
          const left = Math.floor(x);
          const top = Math.floor(y);
          if (left < 0 || top < 0 || left + 1 >= width || top + 1 >= height) {
            addAtBorder(image, x, y, edge);
            continue;
          }
          // Spelled out: a function called for each sample would get x and y as objects on the heap, megabytes for each face.
          const right = x - left;
          const lower = y - top;
          const wa = (1 - lower) * (1 - right);
          const wb = (1 - lower) * right;
          const wc = lower * (1 - right);
          const wd = lower * right;
          const p = (top * width + left) * 3;
          const q = p + width * 3;
          red +=
            (data[p] as number) * wa +
            (data[p + 3] as number) * wb +
            (data[q] as number) * wc +
            (data[q + 3] as number) * wd;
          green +=
            (data[p + 1] as number) * wa +
            (data[p + 4] as number) * wb +
            (data[q + 1] as number) * wc +
            (data[q + 4] as number) * wd;
          blue +=
            (data[p + 2] as number) * wa +
            (data[p + 5] as number) * wb +
            (data[q + 2] as number) * wc +
            (data[q + 5] as number) * wd;
        }
      }
      const out = offset + row * ALIGNED_SIDE + column;
      target[out] = (red + (edge[0] as number)) * (scales[0] as number) + (shifts[0] as number);
      target[out + PLANE] = (green + (edge[1] as number)) * (scales[1] as number) + (shifts[1] as number);
      target[out + 2 * PLANE] = (blue + (edge[2] as number)) * (scales[2] as number) + (shifts[2] as number);
    }
  }
}

/** Adds the colour between four pixels (0..255 a channel) to `sum`; those outside the picture are black. */
function addAtBorder({ width, height, data }: RgbImage, x: number, y: number, sum: Float64Array): void {
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
