import { describe, expect, it } from '@jest/globals';
import { preferKeyframes, samplePositions } from '../../src/media/sample-times.ts';
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

describe('preferKeyframes', () => {
  const regularVideo = (keyframes: number[]) => {
    const positions = Int32Array.from({ length: 100 }, (_, position) => position);
    const packets = {
      ranks: Uint32Array.from(positions),
      positions,
      keys: Uint8Array.from(positions, (position) => Number(keyframes.includes(position))),
      bytes: new Uint32Array(100),
    };
    return { timeline: regular(100, 25), packets };
  };

  it('takes the nearest keyframe within the tolerance, and the exact picture elsewhere', () => {
    const samples = Uint32Array.of(0, 25, 50, 75);
    expect([...preferKeyframes(samples, regularVideo([0, 20, 53, 90]), 200)]).toEqual([0, 20, 53, 75]);
  });

  it('lets one keyframe stand for several samples, in order', () => {
    const samples = Uint32Array.of(0, 5, 10, 15, 20);
    expect([...preferKeyframes(samples, regularVideo([0, 12]), 240)]).toEqual([0, 0, 12, 12, 20]);
  });

  it('changes nothing without a list of keyframes', () => {
    const samples = Uint32Array.of(0, 25);
    expect(preferKeyframes(samples, { timeline: regular(100, 25), packets: null }, 500)).toBe(samples);
  });
});
