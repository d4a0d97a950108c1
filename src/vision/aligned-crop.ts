/** Cuts an aligned face out of a picture, bilinear, straight into the planes of the embedder's input. */
import type { RgbImage } from '../geometry/rgb-image.ts';
import type { Preprocessing } from '../inference/model-manifest.ts';
import type { Similarity } from './face-alignment.ts';

/** Most samples along one side of an output pixel; a face would have to be 2,000 pixels wide to need more. */
const MAX_SAMPLES = 16;

/** What an embedder takes for a face: a square of values (pixel / 255 - mean) / std. */
export interface CropFormat extends Pick<Preprocessing, 'mean' | 'std' | 'channels'> {
  /** In pixels. */
  readonly side: number;
  /** Three planes one after the other, rather than three values for each pixel. */
  readonly isPlanar: boolean;
}

/** Where in the target the values are, counted from that of the face's first pixel. */
interface Layout {
  readonly side: number;
  /** From one pixel to the next in its row. */
  readonly step: number;
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

/** Floats of one aligned face. */
export function cropLength({ side }: Pick<CropFormat, 'side'>): number {
  return 3 * side * side;
}

/**
 * Writes the aligned face from `offset` on. What lies outside the picture is black. Large faces are averaged, not skipped through: each
 * output pixel is the mean of as many samples as it covers.
 */
export function writeAlignedFace(
  image: RgbImage,
  toPicture: Similarity,
  format: CropFormat,
  target: Float32Array,
  offset: number,
): void {
  const { width, height, data } = image;
  // Of one shape whosever the image is: V8 would compile the row anew for each shape.
  const picture = { width, height, data };
  const samples = Math.min(Math.max(1, Math.floor(Math.hypot(toPicture.a, toPicture.b))), MAX_SAMPLES);
  const { side, mean, std } = format;
  const layout = layoutOf(format);
  for (let row = 0; row < side; row++) {
    sumRow(picture, toPicture, samples, row, target, offset + row * side * layout.step, layout);
  }
  [layout.red, layout.green, layout.blue].forEach((start, channel) => {
    const deviation = std[channel] as number;
    const scale = 1 / (255 * samples * samples * deviation);
    const shift = -(mean[channel] as number) / deviation;
    scaleChannel(target, offset + start, layout, scale, shift);
  });
}

function layoutOf({ side, isPlanar, channels }: CropFormat): Layout {
  const apart = isPlanar ? side * side : 1;
  const [red, blue] = channels === 'bgr' ? [2 * apart, 0] : [0, 2 * apart];
  return { side, step: isPlanar ? 1 : 3, red, green: apart, blue };
}

/**
 * Sums of the samples of each pixel of one row. A function of its own: V8 compiles a function called for each row once, but a long loop
 * in one that is called for each face again for nearly every face.
 */
function sumRow(
  { width, height, data }: RgbImage,
  { a, b, shiftX, shiftY }: Similarity,
  samples: number,
  row: number,
  target: Float32Array,
  start: number,
  layout: Layout,
): void {
  for (let column = 0; column < layout.side; column++) {
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let i = 0; i < samples; i++) {
      const v = row + (i + 0.5) / samples - 0.5;
      for (let j = 0; j < samples; j++) {
        const u = column + (j + 0.5) / samples - 0.5;
        const x = a * u - b * v + shiftX;
        const y = b * u + a * v + shiftY;
        let left = Math.floor(x);
        let top = Math.floor(y);
        let right = left + 1;
        let bottom = top + 1;
        let toRight = x - left;
        let toLeft = 1 - toRight;
        let toBottom = y - top;
        let toTop = 1 - toBottom;
        if (left < 0 || top < 0 || right >= width || bottom >= height) {
          if (left < 0 || left >= width) toLeft = 0;
          if (right < 0 || right >= width) toRight = 0;
          if (top < 0 || top >= height) toTop = 0;
          if (bottom < 0 || bottom >= height) toBottom = 0;
          left = Math.min(Math.max(left, 0), width - 1);
          right = Math.min(Math.max(right, 0), width - 1);
          top = Math.min(Math.max(top, 0), height - 1);
          bottom = Math.min(Math.max(bottom, 0), height - 1);
        }
        const wa = toTop * toLeft;
        const wb = toTop * toRight;
        const wc = toBottom * toLeft;
        const wd = toBottom * toRight;
        const pa = (top * width + left) * 3;
        const pb = (top * width + right) * 3;
        const pc = (bottom * width + left) * 3;
        const pd = (bottom * width + right) * 3;
        red +=
          (data[pa] as number) * wa +
          (data[pb] as number) * wb +
          (data[pc] as number) * wc +
          (data[pd] as number) * wd;
        green +=
          (data[pa + 1] as number) * wa +
          (data[pb + 1] as number) * wb +
          (data[pc + 1] as number) * wc +
          (data[pd + 1] as number) * wd;
        blue +=
          (data[pa + 2] as number) * wa +
          (data[pb + 2] as number) * wb +
          (data[pc + 2] as number) * wc +
          (data[pd + 2] as number) * wd;
      }
    }
    const at = start + column * layout.step;
    target[at + layout.red] = red;
    target[at + layout.green] = green;
    target[at + layout.blue] = blue;
  }
}

function scaleChannel(
  target: Float32Array,
  start: number,
  { side, step }: Layout,
  scale: number,
  shift: number,
): void {
  const end = start + side * side * step;
  for (let i = start; i < end; i += step) target[i] = (target[i] as number) * scale + shift;
}
