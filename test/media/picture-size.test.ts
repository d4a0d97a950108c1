import { describe, expect, it } from '@jest/globals';
import { scaledSize } from '../../src/media/picture-size.ts';

function scaled(width: number, height: number, sampleAspectRatio = 1, maxSide = 1280) {
  const size = scaledSize({ width, height, sampleAspectRatio }, maxSide);
  return [size.width, size.height];
}

describe('scaledSize', () => {
  it('brings the long side down to the limit', () => {
    expect(scaled(1920, 1080)).toEqual([1280, 720]);
    expect(scaled(1080, 1920)).toEqual([720, 1280]);
  });

  it('never enlarges', () => {
    expect(scaled(640, 360)).toEqual([640, 360]);
  });

  it('squares wide pixels by lowering the height, tall ones by narrowing the width', () => {
    expect(scaled(720, 576, 64 / 45)).toEqual([720, 406]);
    expect(scaled(720, 480, 8 / 9)).toEqual([640, 480]);
  });

  it('gives even sides that do not exceed the source', () => {
    expect(scaled(959, 541)).toEqual([958, 540]);
    expect(scaled(1919, 1079)).toEqual([1280, 720]);
  });

  it('gives at least two pixels a side', () => {
    expect(scaled(8000, 2)).toEqual([1280, 2]);
    expect(scaled(1, 1)).toEqual([2, 2]);
  });
});
