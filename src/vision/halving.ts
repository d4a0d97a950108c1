/** Halves pictures into planes of floats: the usual case, as frames are decoded at twice the detector's size. */
import type { Size } from '../geometry/box.ts';
import type { RgbImage } from '../geometry/rgb-image.ts';
import { kernelMemory, kernels } from '../kernels/kernels.ts';

/** Where a resized picture goes: three planes (R, G, B) of `planeWidth * planeHeight` floats, one after the other. */
export interface PlanarTarget {
  readonly data: Float32Array;
  readonly planeWidth: number;
  readonly planeHeight: number;
  /** Position of the resized picture inside the planes, in pixels. */
  readonly left: number;
  readonly top: number;
}

const QUARTER_BYTE_TO_UNIT = 1 / (4 * 255);

/** Rows that are halved in one go: few enough for the processor's cache. */
const BLOCK_ROWS = 16;
const FLOAT32_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** A step of the kernel reads 24 bytes at once, and writes four floats. */
const STEP_BYTES = 24;
const STEP_PIXELS = 4;

/** Writes the means of 2 x 2 pixels, from the pixel at (`x`, `y`) of the image on, scaled to 0..1. */
export function writeHalf(
  image: RgbImage,
  x: number,
  y: number,
  { width, height }: Size,
  { data, planeWidth, planeHeight, left, top }: PlanarTarget,
): void {
  const rowBytes = image.width * 3;
  const rowFloats = Math.ceil(width / STEP_PIXELS) * STEP_PIXELS;
  const pixelsAt = 3 * rowFloats * FLOAT32_BYTES;
  const { bytes, floats } = kernelMemory(pixelsAt + 2 * BLOCK_ROWS * rowBytes + STEP_BYTES);
  for (let row = 0; row < height; row++) {
    const inBlock = row % BLOCK_ROWS;
    if (inBlock === 0) {
      const from = (y + 2 * row) * rowBytes;
      bytes.set(image.data.subarray(from, from + 2 * BLOCK_ROWS * rowBytes), pixelsAt);
    }
    const upper = pixelsAt + 2 * inBlock * rowBytes + x * 3;
    const [green, blue] = [rowFloats, 2 * rowFloats];
    kernels.halveRows(
      upper,
      upper + rowBytes,
      width,
      0,
      green * FLOAT32_BYTES,
      blue * FLOAT32_BYTES,
      QUARTER_BYTE_TO_UNIT,
    );
    for (let plane = 0; plane < 3; plane++) {
      const from = plane * rowFloats;
      const to = (plane * planeHeight + top + row) * planeWidth + left;
      data.set(floats.subarray(from, from + width), to);
    }
  }
}
