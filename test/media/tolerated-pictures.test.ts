import { describe, expect, it } from '@jest/globals';
import { preferCheapPictures } from '../../src/media/tolerated-pictures.ts';
import type { PictureLists } from '../../src/media/video-info.ts';

/** Pictures decoded in this order, by default in that of their times, and shown at these ticks of 1/25 s, by default one after the other. */
function video(
  keyframes: number[],
  decoded: readonly number[] = Array.from({ length: 100 }, (_, i) => i),
  ptsTicks: readonly number[] = decoded.map((_, index) => index),
) {
  const timeline = {
    timeBase: { numerator: 1, denominator: 25 },
    ptsTicks: Float64Array.from(ptsTicks),
    endTicks: (ptsTicks.at(-1) ?? 0) + 1,
  };
  const packets = {
    ranks: Uint32Array.from(decoded),
    positions: Int32Array.from(decoded),
    keys: Uint8Array.from(decoded, (position) => Number(keyframes.includes(position))),
    bytes: new Uint32Array(decoded.length),
    areKeysSeen: true,
  };
  return { timeline, packets };
}

/** The positions that stand for the samples. */
function preferred(samples: number[], lists: PictureLists, toleranceMs: number, intervalMs = 1000): number[] {
  return [...preferCheapPictures(Uint32Array.from(samples), lists, { intervalMs, toleranceMs })];
}

describe('with a tolerance', () => {
  it('the nearest keyframe within it stands for a sample', () => {
    expect(preferred([0, 25, 50, 75], video([0, 20, 53, 74]), 200)).toEqual([0, 20, 53, 74]);
  });

  it('one keyframe may stand for several samples, in order', () => {
    expect(preferred([0, 5, 10, 15], video([0, 12]), 240, 200)).toEqual([0, 0, 12, 12]);
  });

  it('a group of pictures is decoded no further than its last sample needs', () => {
    expect(preferred([0, 25, 50, 75], video([0, 60]), 200)).toEqual([0, 25, 45, 70]);
    expect(preferred([0, 25, 50, 75], video([0, 48, 60]), 200)).toEqual([0, 20, 48, 70]);
  });

  it('the picture that is decoded first counts, not the one that is shown first', () => {
    // Each third picture is decoded before the two that are shown before it.
    const decoded = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11];
    expect(preferred([0, 11], video([0], decoded), 200, 440)).toEqual([0, 6]);
    expect(preferred([0, 11], video([0], decoded), 40, 440)).toEqual([0, 12]);
  });

  it('a picture that others refer to stands for a B-picture', () => {
    // P-pictures at 0, 4, 8 and 12, each decoded before the three that are shown before it.
    const decoded = [0, 4, 1, 2, 3, 8, 5, 6, 7, 12, 9, 10, 11];
    const lists = video([0], decoded);
    expect(preferred([0, 5, 10], lists, 80, 200)).toEqual([0, 4, 8]);
    expect(preferred([0, 3, 6, 9, 12], lists, 40, 120)).toEqual([0, 4, 6, 8, 12]);
    expect(preferred([0, 3, 6, 9, 12], lists, 60, 120)).toEqual([0, 4, 6, 8, 12]);
  });

  it('samples stay in order, and those of one picture together', () => {
    expect(preferred([20, 22, 24], video([0]), 200, 80)).toEqual([20, 22, 22]);
    expect(preferred([20, 24, 24], video([0]), 120, 80)).toEqual([20, 21, 21]);
  });

  it('samples are exact, but for the ends of groups, where no keyframe is shown', () => {
    expect(preferred([0, 25, 50], video([]), 200)).toEqual([0, 25, 45]);
  });

  it('no picture stands for a sample that had left the screen longer before it', () => {
    const decoded = [0, 1, 2, 3, 4, 5];
    // The fifth picture is shown for more than half a second, at whose end the second sample is.
    const ptsTicks = [0, 5, 10, 13, 16, 30];
    expect(preferred([0, 4], video([0, 2], decoded, ptsTicks), 240)).toEqual([0, 4]);
    expect(preferred([0, 4], video([0, 2], decoded, ptsTicks), 400)).toEqual([0, 3]);
    expect(preferred([0, 4], video([0, 2], decoded, ptsTicks), 500)).toEqual([0, 2]);
    expect(preferred([0, 4, 4], video([0, 2], decoded, ptsTicks), 240, 500)).toEqual([0, 4, 4]);
  });

  it('a keyframe shown after a sample stands for it where the nearer one before it is too old', () => {
    const lists = video([0, 2, 5], [0, 1, 2, 3, 4, 5], [0, 5, 10, 12, 14, 26]);
    expect(preferred([0, 4], lists, 480)).toEqual([0, 5]);
  });

  it('nothing changes where packets are not known', () => {
    const samples = Uint32Array.of(0, 25);
    const { timeline } = video([0]);
    const sampling = { intervalMs: 1000, toleranceMs: 500 };
    expect(preferCheapPictures(samples, { timeline, packets: null }, sampling)).toBe(samples);
  });
});

it('without one all samples are exact', () => {
  const samples = Uint32Array.of(0, 25);
  const sampling = { intervalMs: 1000, toleranceMs: 0 };
  expect(preferCheapPictures(samples, video([0, 24]), sampling)).toBe(samples);
});
