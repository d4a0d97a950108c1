import { describe, expect, it } from '@jest/globals';
import { loopDelaySeconds } from '../../src/telemetry/process-monitor.ts';

describe('loopDelaySeconds', () => {
  it.each([
    ['nothing for a loop that turns on time', 100, 20e6, 0],
    ['what lies above the 20 ms of its pace', 100, 270e6, 0.25],
    ['nothing where nothing was counted', 0, 9e18, 0],
  ])('is %s', (_, count, nanoseconds, seconds) => {
    expect(loopDelaySeconds({ count, percentile: () => nanoseconds })).toBe(seconds);
  });
});
