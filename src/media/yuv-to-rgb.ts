/** Makes RGB of pictures as video stores them: a luma for each pixel, and two colour differences for each 2 x 2 pixels. */
import type { Size } from '../geometry/box.ts';
import { kernelMemory, kernels } from '../kernels/kernels.ts';
import type { Colour } from './shown-picture.ts';

/** The shares of red and blue in a luma; green has the rest. */
type LumaShares = readonly [red: number, blue: number];

/** ITU-R BT.601, which also stands for what is unknown: ffmpeg takes it for that. */
const BT601: LumaShares = [0.299, 0.114];
const BT2020: LumaShares = [0.2627, 0.0593];

/** By showinfo's names (ITU-T H.273, table 4): BT.709, 47 CFR 73.682, BT.601 twice, SMPTE 240M, BT.2020 twice. */
const LUMA_SHARES: Readonly<Record<string, LumaShares>> = {
  bt709: [0.2126, 0.0722],
  fcc: [0.3, 0.11],
  bt470bg: BT601,
  smpte170m: BT601,
  smpte240m: [0.212, 0.087],
  bt2020nc: BT2020,
  bt2020c: BT2020,
};

/** Levels from black to white, and between the extremes of a colour difference (ITU-R BT.601); the "pc" range has all there are. */
const LIMITED_RANGE = { black: 16, lumaLevels: 219, colourLevels: 224 };
const FULL_RANGE = { black: 0, lumaLevels: 255, colourLevels: 255 };

/**
 * The kernel multiplies eighths of levels, takes products for 65536ths, and rounds each down: so does ffmpeg's fast way on x86, whose bytes
 * these are.
 */
const EIGHTHS = 8;
const WEIGHT = 65_536 / EIGHTHS;

/** Rows that are made in one go: few enough for the processor's cache; even, as two share their colours. */
const BLOCK_ROWS = 16;
/** Pixels of a step of the kernel. */
const STEP_PIXELS = 16;

/** Bytes of a picture with even sides. */
export function yuvBytes({ width, height }: Size): number {
  return (width * height * 3) / 2;
}

/**
 * A function that makes RGB pictures of a colour. Levels are up to 3 below the exact ones, as up to three products are rounded down.
 * @returns writes rows of `width * 3` bytes of `yuv420p` pictures (their lumas, then both colour differences, blue first) with even sides
 */
export function createRgbWriter(
  { width, height }: Size,
  colour: Colour,
): (yuv: Uint8Array, rgb: Uint8Array) => void {
  const weights = new Uint8Array(kernelWeights(colour).buffer);
  const rowBytes = width * 3;
  const bluenessFrom = width * height;
  const rednessFrom = bluenessFrom + bluenessFrom / 4;
  const lumaAt = weights.length;
  const bluenessAt = lumaAt + BLOCK_ROWS * width;
  const rednessAt = bluenessAt + (BLOCK_ROWS * width) / 4;
  // The last step of the last row reads and writes behind it.
  const rgbAt = rednessAt + (BLOCK_ROWS * width) / 4 + STEP_PIXELS;
  const bytesNeeded = rgbAt + BLOCK_ROWS * rowBytes + STEP_PIXELS * 3;
  return (yuv, rgb) => {
    const { bytes } = kernelMemory(bytesNeeded);
    bytes.set(weights);
    for (let top = 0; top < height; top += BLOCK_ROWS) {
      const rows = Math.min(BLOCK_ROWS, height - top);
      const [half, quarter] = [(top * width) / 4, (rows * width) / 4];
      bytes.set(yuv.subarray(top * width, (top + rows) * width), lumaAt);
      bytes.set(yuv.subarray(bluenessFrom + half, bluenessFrom + half + quarter), bluenessAt);
      bytes.set(yuv.subarray(rednessFrom + half, rednessFrom + half + quarter), rednessAt);
      kernels.yuvToRgb(lumaAt, bluenessAt, rednessAt, width, rows, rgbAt, 0);
      rgb.set(bytes.subarray(rgbAt, rgbAt + rows * rowBytes), top * rowBytes);
    }
  };
}

/** The six numbers of the kernel, from the equations of ITU-R BT.601, section 2.5, turned around. */
function kernelWeights({ matrix, range }: Colour): Int16Array {
  const [red, blue] = LUMA_SHARES[matrix] ?? BT601;
  const green = 1 - red - blue;
  const { black, lumaLevels, colourLevels } = range === 'pc' ? FULL_RANGE : LIMITED_RANGE;
  const redOfRedness = 2 * (1 - red) * (255 / colourLevels);
  const blueOfBlueness = 2 * (1 - blue) * (255 / colourLevels);
  return Int16Array.of(
    Math.round(WEIGHT * (255 / lumaLevels)),
    EIGHTHS * black,
    Math.round(WEIGHT * redOfRedness),
    Math.round((-WEIGHT * blueOfBlueness * blue) / green),
    Math.round((-WEIGHT * redOfRedness * red) / green),
    Math.round(WEIGHT * blueOfBlueness),
  );
}
