/** Reads image files the way frames reach the detectors: upright, RGB, 8 bits a channel. */
import sharp from 'sharp';
import { WorkerError } from '../src/errors.ts';
import type { RgbImage } from '../src/geometry/rgb-image.ts';

/** @throws WorkerError CONFIG_INVALID when the file is no picture */
export async function readPicture(file: string): Promise<RgbImage> {
  try {
    const { data, info } = await sharp(file)
      .rotate()
      .flatten()
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (cause) {
    throw new WorkerError('CONFIG_INVALID', `${file} is no readable picture: ${(cause as Error).message}`, {
      cause,
    });
  }
}
