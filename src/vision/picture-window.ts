/** The part of a picture that a kernel samples, copied to where it can read it. */
import type { Size } from '../geometry/box.ts';
import type { RgbImage } from '../geometry/rgb-image.ts';

/** What is read along one axis of a picture, in pixels. */
export interface Span {
  /** Samples before the one and beyond the other lie there: outside the picture all is like its edge, or like the black rim around it. */
  readonly least: number;
  readonly most: number;
  /** The pixels that are read. */
  readonly first: number;
  readonly last: number;
}

/** What is read of a picture. */
export interface PictureWindow {
  readonly columns: Span;
  readonly rows: Span;
  /** From one row to the next in memory. */
  readonly rowBytes: number;
  /** All of it, and what a kernel reads beyond: eight bytes where it needs six. */
  readonly bytes: number;
}

const READ_BEYOND_BYTES = 2;

/**
 * What bilinear samples between these places read.
 * @param xs the outermost places, in pixels; what is no number lies at the edge, as it does for the kernels
 * @param rim pixels around the picture that are black; 0 where its edge goes on for ever
 */
export function windowAround(
  { width, height }: Size,
  xs: readonly number[],
  ys: readonly number[],
  rim: 0 | 1,
): PictureWindow {
  const columns = spanOf(width, xs, rim);
  const rows = spanOf(height, ys, rim);
  const rowBytes = 3 * lengthOf(columns);
  return { columns, rows, rowBytes, bytes: rowBytes * lengthOf(rows) + READ_BEYOND_BYTES };
}

/**
 * Copies it; what of it lies outside the picture is black.
 * @param at where in the memory
 * @returns address of the picture's first pixel, whether or not that is in the window
 */
export function copyWindow(image: RgbImage, window: PictureWindow, memory: Uint8Array, at: number): number {
  const { width, height, data } = image;
  const { columns, rows, rowBytes, bytes } = window;
  const left = Math.max(columns.first, 0);
  const right = Math.min(columns.last, width - 1);
  const top = Math.max(rows.first, 0);
  const bottom = Math.min(rows.last, height - 1);
  const reachesOutside =
    left > columns.first || right < columns.last || top > rows.first || bottom < rows.last;
  if (reachesOutside) memory.fill(0, at, at + bytes);
  const origin = at - rows.first * rowBytes - columns.first * 3;
  for (let y = top; y <= bottom; y++) {
    const from = (y * width + left) * 3;
    memory.set(data.subarray(from, from + (right - left + 1) * 3), origin + y * rowBytes + left * 3);
  }
  return origin;
}

function spanOf(pixels: number, places: readonly number[], rim: 0 | 1): Span {
  const least = -rim;
  const most = pixels - 1 + rim;
  const inside = (place: number) => (place > least ? Math.min(place, most) : least);
  const first = Math.floor(inside(Math.min(...places)));
  // Between two pixels the second is read as well, and where a sample lies on the first it counts for nothing.
  const last = Math.floor(inside(Math.max(...places))) + 1;
  return { least, most, first, last };
}

function lengthOf({ first, last }: Span): number {
  return last - first + 1;
}
