import { describe, expect, it } from '@jest/globals';
import type { RgbImage } from '../../../src/geometry/rgb-image.ts';
import { RegionWarp, type WarpOptions } from '../../../src/vision/pose/warp-region.ts';
import { paint, plain } from '../../helpers/pictures.ts';

/** Every pixel tells where it is. */
const positions = paint(8, 8, (x, y) => [x * 30, y * 30, 7]);

function crop(
  image: RgbImage,
  region: { centreX: number; centreY: number; side: number; rotationRadians?: number },
  inputSide: number,
  options: Partial<WarpOptions> = {},
): number[][] {
  const warp = new RegionWarp({ inputSide, range: [0, 255], border: 'black', ...options });
  const target = warp.createTensor();
  warp.write(image, { rotationRadians: 0, ...region }, target);
  const plane = inputSide * inputSide;
  return Array.from({ length: plane }, (_, i) =>
    [0, 1, 2].map((channel) => Math.round(target[i + channel * plane] ?? Number.NaN)),
  );
}

describe('warping a region', () => {
  it('copies pixels when the region has the size of the input', () => {
    const pixels = crop(positions, { centreX: 4, centreY: 4, side: 4 }, 4);
    expect(pixels[0]).toEqual([60, 60, 7]);
    expect(pixels[5]).toEqual([90, 90, 7]);
    expect(pixels[15]).toEqual([150, 150, 7]);
  });

  it('samples at the corners of its cells, not their middles, as OpenCV is told to', () => {
    const pixels = crop(positions, { centreX: 4, centreY: 4, side: 4 }, 2);
    expect(pixels).toEqual([
      [60, 60, 7],
      [120, 60, 7],
      [60, 120, 7],
      [120, 120, 7],
    ]);
  });

  it('turns the picture back when the region is turned', () => {
    const [first] = crop(positions, { centreX: 4, centreY: 4, side: 4, rotationRadians: Math.PI / 2 }, 4);
    expect(first).toEqual([180, 60, 7]);
  });

  it('rounds places to 1/32 pixel, halves to even, and colours to a byte', () => {
    const ramp = paint(4, 1, (x) => [x * 64, 0, 0]);
    const redAt = (x: number) => crop(ramp, { centreX: x + 1, centreY: 1, side: 2 }, 2)[0]?.[0];
    // 64 * n / 32 = 2n for n steps of 1/32.
    expect(redAt(1 + 1 / 32)).toBe(66);
    expect(redAt(1 + 1.4 / 32)).toBe(66);
    expect(redAt(1 + 1.5 / 32)).toBe(68);
    expect(redAt(1 + 2.5 / 32)).toBe(68);
    const steps = paint(4, 1, (x) => [x, 0, 0]);
    const [grey] = crop(steps, { centreX: 1.75 + 1, centreY: 1, side: 2 }, 2);
    expect(grey?.[0]).toBe(2);
  });

  it('is black, or repeats the edge, outside the picture', () => {
    const white = plain(2, 2, [200, 100, 50]);
    const region = { centreX: 1, centreY: 1, side: 8 };
    expect(crop(white, region, 8)[0]).toEqual([0, 0, 0]);
    expect(crop(white, region, 8, { border: 'replicate' })).toEqual(
      Array.from({ length: 64 }, () => [200, 100, 50]),
    );
  });

  it('spreads bytes over the range the network takes', () => {
    const grey = plain(4, 4, [0, 255, 51]);
    const warp = new RegionWarp({ inputSide: 1, range: [-1, 1], border: 'black' });
    const target = warp.createTensor();
    warp.write(grey, { centreX: 2, centreY: 2, side: 1, rotationRadians: 0 }, target);
    expect(Array.from(target)).toEqual([-1, 1, expect.closeTo(-0.6)]);
  });

  it('reads nothing but the picture for regions far away or without size', () => {
    const image = plain(3, 3, [10, 20, 30]);
    expect(crop(image, { centreX: 1e6, centreY: -1e6, side: 500 }, 2)).toEqual(
      Array.from({ length: 4 }, () => [0, 0, 0]),
    );
    expect(crop(image, { centreX: 1, centreY: 1, side: 0 }, 2)).toEqual(
      Array.from({ length: 4 }, () => [10, 20, 30]),
    );
  });

  it('works on a picture of one pixel', () => {
    const dot = plain(1, 1, [9, 8, 7]);
    expect(crop(dot, { centreX: 0.5, centreY: 0.5, side: 1 }, 2, { border: 'replicate' })).toEqual(
      Array.from({ length: 4 }, () => [9, 8, 7]),
    );
  });
});
