/** The size a sampled picture is scaled to: square pixels, upright, no larger than the networks can use. */
import type { Size } from '../geometry/box.ts';

/**
 * The largest size with square pixels and the picture's display proportions whose long side is at most `maxSide` and that enlarges
 * neither side. Both sides are even, at least 2.
 * @param source upright pixels and the sample aspect ratio they have
 */
export function scaledSize(source: Size & { readonly sampleAspectRatio: number }, maxSide: number): Size {
  const displayWidth = source.width * source.sampleAspectRatio;
  const scale = Math.min(1, source.width / displayWidth, maxSide / Math.max(displayWidth, source.height));
  return {
    width: nearestEven(displayWidth * scale, Math.min(source.width, maxSide)),
    height: nearestEven(source.height * scale, Math.min(source.height, maxSide)),
  };
}

function nearestEven(length: number, limit: number): number {
  const even = 2 * Math.round(length / 2);
  return Math.max(2, even > limit ? 2 * Math.floor(limit / 2) : even);
}
