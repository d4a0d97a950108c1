/** Turns windows of pictures into the four bytes a pixel that MediaPipe reads, in one buffer for all of them. */
import type { RgbImage } from '../../geometry/rgb-image.ts';
import type { PixelWindow } from './pixel-window.ts';
import type { RgbaImage } from './software-texture.ts';

const OPAQUE = 255;

export class RgbaBuffer {
  /** As long as the largest window yet; the alpha channel is written once and for all. */
  #data = new Uint8Array(0);

  /** The window, which must lie in the picture; good until the next call. Its data may be longer than the window. */
  write({ width: pictureWidth, data }: RgbImage, { left, top, width, height }: PixelWindow): RgbaImage {
    if (this.#data.length < width * height * 4) {
      this.#data = new Uint8Array(width * height * 4).fill(OPAQUE);
    }
    const rgba = this.#data;
    for (let row = 0, to = 0; row < height; row++) {
      let from = ((top + row) * pictureWidth + left) * 3;
      for (let column = 0; column < width; column++, from += 3, to += 4) {
        rgba[to] = data[from] as number;
        rgba[to + 1] = data[from + 1] as number;
        rgba[to + 2] = data[from + 2] as number;
      }
    }
    return { width, height, data: rgba };
  }
}
