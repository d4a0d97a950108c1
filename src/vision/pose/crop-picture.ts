/** Cuts an upright rectangle out of a picture. */
import { clipToPicture, type Tlwh } from '../../geometry/box.ts';
import type { RgbImage } from '../../geometry/rgb-image.ts';

/** The part of the picture under a box (pixels, grown to whole ones, clipped), and where it lies; null when there is none. */
export function cropPicture(
  image: RgbImage,
  box: Tlwh,
): { readonly image: RgbImage; readonly left: number; readonly top: number } | null {
  const clipped = clipToPicture(box, image);
  const left = Math.floor(clipped.x);
  const top = Math.floor(clipped.y);
  const width = Math.ceil(clipped.x + clipped.width) - left;
  const height = Math.ceil(clipped.y + clipped.height) - top;
  if (width < 1 || height < 1) return null;
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { image: { width, height, data }, left, top };
}
