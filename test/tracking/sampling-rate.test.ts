import { describe, expect, it } from '@jest/globals';
import {
  hitsToConfirm,
  medianIntervalMs,
  overlapFrames,
  timeAwareness,
  usualIntervalMs,
} from '../../src/tracking/sampling-rate.ts';

describe('timeAwareness', () => {
  it('is nothing at 7 frames a second and more, and all at 4 and less', () => {
    expect([30, 10, 7].map((rate) => timeAwareness(1000 / rate))).toEqual([0, 0, 0]);
    expect([4, 2, 0.5].map((rate) => timeAwareness(1000 / rate))).toEqual([1, 1, 1]);
  });

  it('grows without a jump between', () => {
    const shares = Array.from({ length: 120 }, (_, i) => timeAwareness(140 + i));
    const steps = shares.slice(1).map((share, i) => share - (shares[i] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...steps)).toBeLessThan(0.02);
  });
});

describe('hitsToConfirm', () => {
  it('is the published count at 7 frames a second and more, and one below 3.3', () => {
    expect([30, 7, 5, 3].map((rate) => hitsToConfirm(3, 1000 / rate))).toEqual([3, 3, 2, 1]);
    expect([1, 2, 7].map((nInit) => hitsToConfirm(nInit, 1000 / 30))).toEqual([1, 2, 7]);
  });

  it.each([2, 4])('is the same of %d frames whenever they begin', (frames) => {
    const intervals = [1000 / 12, 125, 150, 1000 / 6, 250, 300];
    const shifts = Array.from({ length: 200 }, (_, i) => (i * i * 73) / 10);
    for (const intervalMs of intervals) {
      const medians = shifts.map((shift) =>
        medianIntervalMs(
          Array.from({ length: frames }, (_, i) => i * intervalMs + shift),
          1000,
        ),
      );
      expect(new Set(medians.map((median) => hitsToConfirm(11, median)))).toEqual(
        new Set([hitsToConfirm(11, intervalMs)]),
      );
      expect(new Set(medians.map(overlapFrames))).toEqual(new Set([overlapFrames(intervalMs)]));
    }
  });
});

describe('medianIntervalMs', () => {
  it('is the usual time between frames, whatever single gaps there are', () => {
    expect(medianIntervalMs([0, 500, 1000, 9000, 9500], 2000)).toBe(500);
  });

  it('falls back where there are no two frames', () => {
    expect(medianIntervalMs([7], 2000)).toBe(2000);
  });

  it('is a millisecond at least', () => {
    expect(medianIntervalMs([0, 1e-6, 2e-6], 2000)).toBe(1);
  });
});

describe('usualIntervalMs', () => {
  it('is what pictures really are apart, and more than was asked for where they are', () => {
    expect(usualIntervalMs([0, 33, 67, 133, 167, 200], 40)).toBe(34);
    expect(usualIntervalMs([0, 4000, 8000], 2000)).toBe(4000);
  });

  it('is no less than half of what was asked for, though every other sample shows the picture next to that before', () => {
    expect(usualIntervalMs([0, 0.001, 4000, 4000.001, 8000, 8000.001], 2000)).toBe(1000);
  });
});
