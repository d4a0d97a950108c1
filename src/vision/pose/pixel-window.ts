/** Windows of whole pixels, upright: the parts of a picture the reference engine is shown one at a time. */
import { clipToPicture, type Size, type Tlwh } from '../../geometry/box.ts';

/** Pixels of the picture. */
export interface PixelWindow {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The pixels under a box, grown to whole ones and clipped; null when there are none. */
export function pixelWindow(box: Tlwh, picture: Size): PixelWindow | null {
  const clipped = clipToPicture(box, picture);
  const left = Math.floor(clipped.x);
  const top = Math.floor(clipped.y);
  const width = Math.ceil(clipped.x + clipped.width) - left;
  const height = Math.ceil(clipped.y + clipped.height) - top;
  return width < 1 || height < 1 ? null : { left, top, width, height };
}
