import { describe, expect, it } from '@jest/globals';
import { preferCheapPictures } from '../../src/media/tolerated-pictures.ts';

/** 25 pictures a second, decoded in this order; all that are not named in the order of their times. */
function video(keyframes: number[], decoded: readonly number[] = Array.from({ length: 100 }, (_, i) => i)) {
  const timeline = {
    timeBase: { numerator: 1, denominator: 25 },
    ptsTicks: Float64Array.from(decoded, (_, index) => index),
    endTicks: decoded.length,
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

describe('with a tolerance', () => {
  it('the nearest keyframe within it stands for a sample', () => {
    const samples = Uint32Array.of(0, 25, 50, 75);
    expect([...preferCheapPictures(samples, video([0, 20, 53, 74]), 200)]).toEqual([0, 20, 53, 74]);
  });

  it('one keyframe may stand for several samples, in order', () => {
    const samples = Uint32Array.of(0, 5, 10, 15);
    expect([...preferCheapPictures(samples, video([0, 12]), 240)]).toEqual([0, 0, 12, 12]);
  });

  it('a group of pictures is decoded no further than its last sample needs', () => {
    const samples = Uint32Array.of(0, 25, 50, 75);
    expect([...preferCheapPictures(samples, video([0, 60]), 200)]).toEqual([0, 25, 45, 70]);
    expect([...preferCheapPictures(samples, video([0, 48, 60]), 200)]).toEqual([0, 20, 48, 70]);
  });

  it('the picture that is decoded first counts, not the one that is shown first', () => {
    // Each third picture is decoded before the two that are shown before it.
    const decoded = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11];
    expect([...preferCheapPictures(Uint32Array.of(0, 11), video([0], decoded), 200)]).toEqual([0, 6]);
    expect([...preferCheapPictures(Uint32Array.of(0, 11), video([0], decoded), 40)]).toEqual([0, 10]);
  });

  it('samples stay in order, and those of one picture together', () => {
    expect([...preferCheapPictures(Uint32Array.of(20, 22, 24), video([0]), 200)]).toEqual([20, 22, 22]);
    expect([...preferCheapPictures(Uint32Array.of(20, 24, 24), video([0]), 120)]).toEqual([20, 21, 21]);
  });

  it('samples are exact, but for the ends of groups, where no keyframe is shown', () => {
    expect([...preferCheapPictures(Uint32Array.of(0, 25, 50), video([]), 200)]).toEqual([0, 25, 45]);
  });

  it('nothing changes where packets are not known', () => {
    const samples = Uint32Array.of(0, 25);
    const { timeline } = video([0]);
    expect(preferCheapPictures(samples, { timeline, packets: null }, 500)).toBe(samples);
  });
});

it('without one all samples are exact', () => {
  const samples = Uint32Array.of(0, 25);
  expect(preferCheapPictures(samples, video([0, 24]), 0)).toBe(samples);
});
