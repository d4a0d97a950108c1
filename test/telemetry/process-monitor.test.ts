import { describe, expect, it } from '@jest/globals';
import { loopDelayMs } from '../../src/telemetry/process-monitor.ts';

describe('loopDelayMs', () => {
  it('is what lies above the 20 ms of its pace', () => {
    const histogram = { count: 100, mean: 20e6, percentile: () => 22.34e6, max: 260e6 };
    expect(loopDelayMs(histogram)).toEqual({ mean: 0, p99: 2.3, max: 240 });
  });

  it('is nothing where nothing was counted', () => {
    const empty = { count: 0, mean: Number.NaN, percentile: () => 9e18, max: 0 };
    expect(loopDelayMs(empty)).toEqual({ mean: 0, p99: 0, max: 0 });
  });
});
