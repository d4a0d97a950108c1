import { describe, expect, it } from '@jest/globals';
import { samplePositions } from '../../src/media/sample-times.ts';
import type { Timeline } from '../../src/media/timeline.ts';

function timeline(timesMs: number[], endMs: number): Timeline {
  return {
    timeBase: { numerator: 1, denominator: 1000 },
    ptsTicks: Float64Array.from(timesMs),
    endTicks: endMs,
  };
}

function regular(frames: number, frameRate: number): Timeline {
  return {
    timeBase: { numerator: 1, denominator: frameRate },
    ptsTicks: Float64Array.from({ length: frames }, (_, index) => index),
    endTicks: frames,
  };
}

describe('samplePositions', () => {
  it('takes the picture at each interval of a constant rate', () => {
    expect([...samplePositions(regular(100, 25), 1000, 25)]).toEqual([0, 25, 50, 75]);
  });

  it('counts a picture that is exactly half a frame late', () => {
    expect([...samplePositions(regular(50, 25), 500, 25)]).toEqual([0, 13, 25, 38]);
  });

  it('does not count a picture that is more than half a frame late', () => {
    expect([...samplePositions(timeline([0, 40, 101], 200), 80, 25)]).toEqual([0, 1, 2]);
    expect([...samplePositions(timeline([0, 40, 100], 200), 80, 25)]).toEqual([0, 2, 2]);
  });

  it('counts from the first picture, whenever that is', () => {
    expect([...samplePositions(timeline([5000, 5040, 5080, 5120], 5160), 80, 25)]).toEqual([0, 2]);
  });

  it('lets one picture stand for every sample while it is shown', () => {
    expect([...samplePositions(timeline([0, 40, 5000], 5040), 1000, 25)]).toEqual([0, 1, 1, 1, 1, 2]);
  });

  it('has a sample for every interval before the end, and none at it', () => {
    expect(samplePositions(regular(50, 25), 1000, 25)).toHaveLength(2);
    expect(samplePositions(regular(51, 25), 1000, 25)).toHaveLength(3);
  });

  it('has one sample when the interval is longer than the video', () => {
    expect([...samplePositions(regular(10, 25), 60_000, 25)]).toEqual([0]);
  });

  it('does not drift over hours', () => {
    const frames = 6 * 3600 * 30;
    const ntsc: Timeline = {
      timeBase: { numerator: 1, denominator: 30_000 },
      ptsTicks: Float64Array.from({ length: frames }, (_, index) => index * 1001),
      endTicks: frames * 1001,
    };
    const positions = samplePositions(ntsc, 2000, 30_000 / 1001);
    for (const [index, position] of positions.entries()) {
      const late = (position * 1001) / 30_000 - index * 2;
      expect(Math.abs(late)).toBeLessThanOrEqual(1001 / 60_000 + 1e-6);
    }
  });
});
