import { describe, expect, it } from '@jest/globals';
import { pixelWindow } from '../../../src/vision/pose/pixel-window.ts';
import { RgbaBuffer } from '../../../src/vision/pose/rgba-buffer.ts';
import { paint } from '../../helpers/pictures.ts';

const image = paint(10, 8, (x, y) => [x, y, 7]);

describe('a window of whole pixels', () => {
  it('holds the pixels under the box, grown to whole ones', () => {
    expect(pixelWindow({ x: 2.5, y: 3, width: 2, height: 1.2 }, image)).toEqual({
      left: 2,
      top: 3,
      width: 3,
      height: 2,
    });
  });

  it('ends where the picture ends', () => {
    expect(pixelWindow({ x: -5, y: 6, width: 7, height: 100 }, image)).toEqual({
      left: 0,
      top: 6,
      width: 2,
      height: 2,
    });
  });

  it('is null outside the picture', () => {
    expect(pixelWindow({ x: 20, y: 0, width: 5, height: 5 }, image)).toBeNull();
    expect(pixelWindow({ x: 1, y: -9, width: 5, height: 5 }, image)).toBeNull();
  });
});

describe('a buffer of RGBA', () => {
  it('shows one window after the other, opaque, whatever it showed before', () => {
    const buffer = new RgbaBuffer();
    buffer.write(image, { left: 0, top: 0, width: 10, height: 8 });
    const { width, height, data } = buffer.write(image, { left: 2, top: 3, width: 2, height: 2 });
    expect([width, height]).toEqual([2, 2]);
    expect(Array.from(data.subarray(0, 16))).toEqual(
      [
        [2, 3, 7, 255],
        [3, 3, 7, 255],
        [2, 4, 7, 255],
        [3, 4, 7, 255],
      ].flat(),
    );
  });
});
