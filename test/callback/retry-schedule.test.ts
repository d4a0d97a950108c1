import { describe, expect, it } from '@jest/globals';
import { firstDelaySeconds, nextDelaySeconds, QUEUE_ATTEMPTS } from '../../src/callback/retry-schedule.ts';

const HOUR = 3600;

describe('the schedule of a callback in the queue', () => {
  it('lasts more than a day and a half, and less than SQS keeps messages', () => {
    for (const random of [() => 0, () => 0.999]) {
      let seconds = firstDelaySeconds(null, random);
      for (let attempt = 1; attempt < QUEUE_ATTEMPTS; attempt++) {
        seconds += nextDelaySeconds(attempt, null, random) ?? Number.NaN;
      }
      expect(seconds).toBeGreaterThan(36 * HOUR);
      expect(seconds).toBeLessThan(4 * 24 * HOUR);
    }
    expect(nextDelaySeconds(QUEUE_ATTEMPTS, null, Math.random)).toBeNull();
  });

  it('waits longer each time, spread by a tenth', () => {
    expect([1, 2, 3, 4].map((attempt) => nextDelaySeconds(attempt, null, () => 0))).toEqual([
      0.5 * HOUR,
      2 * HOUR,
      5 * HOUR,
      10 * HOUR,
    ]);
    expect(nextDelaySeconds(1, null, () => 0.5)).toBe(1890);
  });

  it('waits as long as the receiver asks, within what SQS can', () => {
    expect(firstDelaySeconds(600, () => 0)).toBe(600);
    expect(firstDelaySeconds(3 * HOUR, () => 0)).toBe(3 * HOUR);
    expect(firstDelaySeconds(86_400, () => 0.9)).toBeLessThan(12 * HOUR);
    expect(nextDelaySeconds(1, 3 * HOUR, () => 0)).toBe(3 * HOUR);
    expect(nextDelaySeconds(1, 86_400, () => 0.9)).toBeLessThan(12 * HOUR);
  });
});
