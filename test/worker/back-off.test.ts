import { describe, expect, it } from '@jest/globals';
import { fullJitterMs } from '../../src/worker/back-off.ts';

const BACK_OFF = { baseMs: 100, maxMs: 1000 };

describe('fullJitterMs', () => {
  it('doubles the ceiling with every attempt until the limit', () => {
    const ceilings = [1, 2, 3, 4, 5, 500].map((attempt) => fullJitterMs(attempt, BACK_OFF, () => 0));
    expect(ceilings).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  it('spreads the waits over everything below the ceiling, and never waits nothing', () => {
    expect(fullJitterMs(2, BACK_OFF, () => 0.5)).toBe(100);
    expect(fullJitterMs(2, BACK_OFF, () => 0.999)).toBeGreaterThan(0);
  });
});
