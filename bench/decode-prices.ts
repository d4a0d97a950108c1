/** Tells what a pixel and a byte cost a decoder from what several decodings took. */
import type { DecodeCost } from '../src/media/decode-cost.ts';

/** What a decoder was given, and its CPU time without the start. */
export interface Load {
  readonly megapixels: number;
  readonly megabytes: number;
  readonly cpuMs: number;
}

export interface FittedPrices {
  readonly prices: DecodeCost;
  /** False where the loads do not tell a byte's price beside a pixel's: one of the two is 0 then, and the other stands for both. */
  readonly areToldApart: boolean;
  /** The largest difference between what a load took and what the prices make of it, as a share of what it took. */
  readonly worstError: number;
}

/** Loads whose bytes a pixel differ less do not tell the two prices apart. */
const LEAST_DIFFERENCE = 1.5;

/** The prices, none below 0, with the least squares of relative errors: all loads count alike, long or short. */
export function fitPrices(loads: readonly Load[]): FittedPrices {
  const sum = (of: (pixels: number, bytes: number) => number) =>
    loads.reduce(
      (total, { megapixels, megabytes, cpuMs }) => total + of(megapixels / cpuMs, megabytes / cpuMs),
      0,
    );
  const [pixels, bytes] = [sum((p) => p), sum((_, b) => b)];
  const [pixelSquares, byteSquares, products] = [
    sum((p) => p * p),
    sum((_, b) => b * b),
    sum((p, b) => p * b),
  ];
  const determinant = pixelSquares * byteSquares - products ** 2;
  const ofBoth = {
    megapixelMs: (pixels * byteSquares - bytes * products) / determinant,
    megabyteMs: (bytes * pixelSquares - pixels * products) / determinant,
  };
  const densities = loads.map(({ megapixels, megabytes }) => megabytes / megapixels);
  const areAlike = Math.max(...densities) < LEAST_DIFFERENCE * Math.min(...densities);
  const areToldApart = !areAlike && Math.min(ofBoth.megapixelMs, ofBoth.megabyteMs) >= 0;
  const isOfBytes = !areAlike && ofBoth.megapixelMs < 0;
  const ofOne = isOfBytes
    ? { megapixelMs: 0, megabyteMs: bytes / byteSquares }
    : { megapixelMs: pixels / pixelSquares, megabyteMs: 0 };
  const prices = areToldApart ? ofBoth : ofOne;
  const errors = loads.map(({ megapixels, megabytes, cpuMs }) =>
    Math.abs((megapixels * prices.megapixelMs + megabytes * prices.megabyteMs) / cpuMs - 1),
  );
  return { prices, areToldApart, worstError: Math.max(...errors) };
}
