import { describe, expect, it } from '@jest/globals';
import { resamplingTaps } from '../../src/vision/resampling-taps.ts';

/** Each output position as [first input position, ...weights] without the zeros that fill up. */
function readable(input: number, output: number): number[][] {
  const { count, starts, weights } = resamplingTaps(input, output);
  return Array.from(starts, (start, i) => {
    const own = Array.from(weights.subarray(i * count, (i + 1) * count));
    const first = own.findIndex((weight) => weight !== 0);
    const used = own.filter((weight) => weight !== 0);
    return [start + first, ...used.map((weight) => Math.round(weight * 1000) / 1000)];
  });
}

describe('the weights of resizing', () => {
  it('average areas when shrinking, border pixels by their covered part', () => {
    expect(readable(4, 2)).toEqual([
      [0, 0.5, 0.5],
      [2, 0.5, 0.5],
    ]);
    expect(readable(3, 2)).toEqual([
      [0, 0.667, 0.333],
      [1, 0.333, 0.667],
    ]);
    expect(readable(5, 1)).toEqual([[0, 0.2, 0.2, 0.2, 0.2, 0.2]]);
  });

  it('copy when the size stays, and lie between two pixels when enlarging', () => {
    expect(readable(3, 3)).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
    expect(readable(2, 4)).toEqual([
      [0, 1],
      [0, 0.75, 0.25],
      [0, 0.25, 0.75],
      [1, 1],
    ]);
    expect(readable(1, 3)).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
  });

  it.each([
    [1, 640],
    [16, 640],
    [1000, 640],
    [1279, 640],
    [1920, 640],
    [20_000, 640],
    [7, 3],
    [4096, 1],
  ])('of %d to %d pixels add up to 1 and never reach beyond the input', (input, output) => {
    const { count, starts, weights } = resamplingTaps(input, output);
    expect(starts).toHaveLength(output);
    for (let i = 0; i < output; i++) {
      const own = weights.subarray(i * count, (i + 1) * count);
      expect(own.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
      expect(Math.min(...own)).toBeGreaterThanOrEqual(0);
      expect(starts[i]).toBeGreaterThanOrEqual(0);
      expect((starts[i] ?? 0) + count).toBeLessThanOrEqual(input);
    }
  });
});
