/** Fits a picture into a detector's input without distorting it, and maps what was found back into the picture. */
import type { Point, Size, Tlwh } from '../geometry/box.ts';
import type { RgbImage } from '../geometry/rgb-image.ts';
import { Resampler } from './resampler.ts';

/** Grey of the border, as YOLO's training uses it. */
export const PADDING_GREY = 114;

/** Input sizes must be multiples of the detector's coarsest stride. */
export const STRIDE = 32;

/**
 * The smallest canvas that holds a picture scaled to a long side: 1280x720 at 640 needs 640x384, not 640x640.
 * @param longSide pixels, a multiple of 32
 */
export function rectangularCanvas(source: Size, longSide: number): Size {
  const scaled = scaledToFit(source, { width: longSide, height: longSide });
  return { width: roundUpToStride(scaled.width), height: roundUpToStride(scaled.height) };
}

/** A prepared way from windows of one size to a canvas of one size; create it once for many frames. */
export class Letterbox {
  readonly source: Size;
  readonly canvas: Size;
  readonly #resampler: Resampler;
  readonly #left: number;
  readonly #top: number;
  readonly #scaleX: number;
  readonly #scaleY: number;

  constructor(source: Size, canvas: Size) {
    const content = scaledToFit(source, canvas);
    this.source = source;
    this.canvas = canvas;
    this.#resampler = new Resampler(source, content);
    this.#left = Math.floor((canvas.width - content.width) / 2);
    this.#top = Math.floor((canvas.height - content.height) / 2);
    this.#scaleX = source.width / content.width;
    this.#scaleY = source.height / content.height;
  }

  /** A tensor for this canvas, [1, 3, height, width] or more, filled with the border's grey; `write` leaves the border alone. */
  createTensor(batch = 1): Float32Array {
    return new Float32Array(batch * 3 * this.canvas.width * this.canvas.height).fill(PADDING_GREY / 255);
  }

  /** Writes the window at `origin` of the image into the first picture of the tensor: planar RGB, 0..1. */
  write(image: RgbImage, origin: Point, tensor: Float32Array): void {
    this.#resampler.write(image, origin.x, origin.y, {
      data: tensor,
      planeWidth: this.canvas.width,
      planeHeight: this.canvas.height,
      left: this.#left,
      top: this.#top,
    });
  }

  /** A point of the canvas as a point of the window. */
  pointToSource({ x, y }: Point): Point {
    return { x: (x - this.#left) * this.#scaleX, y: (y - this.#top) * this.#scaleY };
  }

  /** A box of the canvas as a box of the window. */
  boxToSource(box: Tlwh): Tlwh {
    return {
      ...this.pointToSource(box),
      width: box.width * this.#scaleX,
      height: box.height * this.#scaleY,
    };
  }
}

function scaledToFit(source: Size, canvas: Size): Size {
  const scale = Math.min(canvas.width / source.width, canvas.height / source.height);
  return {
    width: Math.max(1, Math.round(source.width * scale)),
    height: Math.max(1, Math.round(source.height * scale)),
  };
}

function roundUpToStride(length: number): number {
  return Math.ceil(length / STRIDE) * STRIDE;
}
