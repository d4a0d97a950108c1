import { describe, expect, it } from '@jest/globals';
import { fitPrices, type Load } from '../../bench/decode-prices.ts';

/** What decoding takes at these prices. */
function load(megapixels: number, megabytes: number, megapixelMs: number, megabyteMs: number): Load {
  return { megapixels, megabytes, cpuMs: megapixels * megapixelMs + megabytes * megabyteMs };
}

describe('prices of decoding', () => {
  it('are those that all loads were charged', () => {
    const loads = [load(4000, 30, 1.5, 90), load(300, 20, 1.5, 90), load(4000, 5, 1.5, 90)];
    const { prices, areToldApart, worstError } = fitPrices(loads);
    expect(prices.megapixelMs).toBeCloseTo(1.5);
    expect(prices.megabyteMs).toBeCloseTo(90);
    expect(areToldApart).toBe(true);
    expect(worstError).toBeCloseTo(0);
  });

  it('lie between loads that were charged differently, which counts alike for long and short ones', () => {
    const { prices, worstError } = fitPrices([load(4000, 4, 1, 0), load(40, 0.04, 1.2, 0)]);
    expect(prices.megapixelMs).toBeGreaterThan(1.07);
    expect(prices.megapixelMs).toBeLessThan(1.13);
    expect(worstError).toBeGreaterThan(0.06);
  });

  it('are never below 0: one stands for both', () => {
    const cheapBytes = fitPrices([load(600, 3, 0.8, -20), load(100, 2, 0.8, -20)]);
    expect(cheapBytes).toMatchObject({ prices: { megabyteMs: 0 }, areToldApart: false });
    expect(cheapBytes.prices.megapixelMs).toBeGreaterThan(0);
    const cheapPixels = fitPrices([load(600, 10, -0.5, 190), load(100, 10, -0.5, 190)]);
    expect(cheapPixels).toMatchObject({ prices: { megapixelMs: 0 }, areToldApart: false });
    expect(cheapPixels.prices.megabyteMs).toBeGreaterThan(0);
  });

  it('are put on pixels alone, and said to be so, where pictures have about as many bytes everywhere', () => {
    const { prices, areToldApart } = fitPrices([load(600, 6, 0.5, 50), load(60, 0.7, 0.5, 50)]);
    expect(areToldApart).toBe(false);
    expect(prices.megabyteMs).toBe(0);
    expect(prices.megapixelMs).toBeCloseTo(1.04, 1);
  });
});
