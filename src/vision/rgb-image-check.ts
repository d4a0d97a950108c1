/** Refuses pictures whose bytes do not fit their size, before a typed array quietly reads zeros beyond its end. */
import { WorkerError } from '../errors.ts';
import type { RgbImage } from '../geometry/rgb-image.ts';

/** @throws WorkerError INTERNAL when the picture has no area or not `width * height * 3` bytes */
export function requireRgbImage({ width, height, data }: RgbImage): void {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new WorkerError(
      'INTERNAL',
      `a picture of ${width}x${height} cannot be analysed: it needs at least 1x1`,
    );
  }
  if (data.length !== width * height * 3) {
    throw new WorkerError(
      'INTERNAL',
      `a picture of ${width}x${height} in RGB has ${width * height * 3} bytes, but ${data.length} were given`,
    );
  }
}
