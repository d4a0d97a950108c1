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
  const [red, green, blue] = [0, 1, 2].map((channel) => ({
    scale: weight / (std[channel] as number),
    shift: -(mean[channel] as number) / (std[channel] as number),
  })) as [Scale, Scale, Scale];
  const sum = new Float64Array(3);
  for (let row = 0; row < ALIGNED_SIDE; row++) {
    for (let column = 0; column < ALIGNED_SIDE; column++) {
      sum[0] = 0;
      sum[1] = 0;
      sum[2] = 0;
      for (let i = 0; i < samples; i++) {
        const v = row + (i + 0.5) / samples - 0.5;
        for (let j = 0; j < samples; j++) {
          const u = column + (j + 0.5) / samples - 0.5;
          addBilinear(image, a * u - b * v + shiftX, b * u + a * v + shiftY, sum);
        }
      }
      const out = offset + row * ALIGNED_SIDE + column;
      target[out] = sum[0] * red.scale + red.shift;
      target[out + PLANE] = sum[1] * green.scale + green.shift;
      target[out + 2 * PLANE] = sum[2] * blue.scale + blue.shift;
    }
  }
}

/** What turns the sum of a channel's samples into the network's value. */
interface Scale {
  readonly scale: number;
  readonly shift: number;
}

/** Adds the colour between four pixels (0..255 a channel) to `sum`; pixels outside the picture are black. */
function addBilinear(image: RgbImage, x: number, y: number, sum: Float64Array): void {
  const { width, height, data } = image;
  const left = Math.floor(x);
  const top = Math.floor(y);
  if (left < 0 || top < 0 || left + 1 >= width || top + 1 >= height) {
    addAtBorder(image, x, y, sum);
    return;
  }
  const right = x - left;
  const lower = y - top;
  const wa = (1 - lower) * (1 - right);
  const wb = (1 - lower) * right;
  const wc = lower * (1 - right);
  const wd = lower * right;
  const i = (top * width + left) * 3;
  const k = i + width * 3;
  sum[0] =
    (sum[0] as number) +
    (data[i] as number) * wa +
    (data[i + 3] as number) * wb +
    (data[k] as number) * wc +
    (data[k + 3] as number) * wd;
  sum[1] =
    (sum[1] as number) +
    (data[i + 1] as number) * wa +
    (data[i + 4] as number) * wb +
    (data[k + 1] as number) * wc +
    (data[k + 4] as number) * wd;
  sum[2] =
    (sum[2] as number) +
    (data[i + 2] as number) * wa +
    (data[i + 5] as number) * wb +
    (data[k + 2] as number) * wc +
    (data[k + 5] as number) * wd;
}

/** The same where some of the four pixels are outside the picture. */
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
