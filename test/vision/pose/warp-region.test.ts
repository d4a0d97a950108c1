import { describe, expect, it } from '@jest/globals';
import type { RgbImage } from '../../../src/geometry/rgb-image.ts';
import type { BodyRegion } from '../../../src/vision/pose/body-region.ts';
import { RegionWarp, type WarpOptions } from '../../../src/vision/pose/warp-region.ts';
import { seededRandom } from '../../../tools/seeded-random.ts';
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

/** As OpenCV does it, one sample after the other: its place in 32nds of a pixel, its colour as a byte. */
function sampledOneByOne(
  { width, height, data }: RgbImage,
  { centreX, centreY, side, rotationRadians }: BodyRegion,
  inputSide: number,
  border: WarpOptions['border'],
): number[][] {
  const colourAt = (x: number, y: number, channel: number) => {
    const isInside = x >= 0 && y >= 0 && x < width && y < height;
    if (!isInside && border === 'black') return 0;
    const [column, row] = [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
    return data[(row * width + column) * 3 + channel] ?? Number.NaN;
  };
  const toEven = (value: number) => {
    const floor = Math.floor(value);
    const isUp = value - floor > 0.5 || (value - floor === 0.5 && floor % 2 !== 0);
    return isUp ? floor + 1 : floor;
  };
  const [cos, sin] = [Math.cos(rotationRadians), Math.sin(rotationRadians)];
  return Array.from({ length: inputSide ** 2 }, (_, i) => {
    const right = ((i % inputSide) / inputSide - 0.5) * side;
    const down = (Math.floor(i / inputSide) / inputSide - 0.5) * side;
    const x = toEven((centreX + cos * right - sin * down) * 32);
    const y = toEven((centreY + sin * right + cos * down) * 32);
    const [left, top, toRight, toBottom] = [Math.floor(x / 32), Math.floor(y / 32), x & 31, y & 31];
    return [0, 1, 2].map((channel) => {
      const [a, b, c, d] = [
        [left, top],
        [left + 1, top],
        [left, top + 1],
        [left + 1, top + 1],
      ].map(([column = 0, row = 0]) => colourAt(column, row, channel)) as [number, number, number, number];
      const upper = a * (32 - toRight) + b * toRight;
      const lower = c * (32 - toRight) + d * toRight;
      return Math.floor((upper * (32 - toBottom) + lower * toBottom) / 1024 + 0.5);
    });
  });
}

describe('warping a region', () => {
  it('gives each sample what sampling one by one gives, wherever the region lies', () => {
    const random = seededRandom(17);
    for (let trial = 0; trial < 200; trial++) {
      const [width, height] = [1 + Math.floor(random() * 40), 1 + Math.floor(random() * 40)];
      const image = {
        width,
        height,
        data: Uint8Array.from({ length: 3 * width * height }, () => random() * 256),
      };
      // Eighths and quarter turns are exact in both ways of reckoning.
      const region = {
        centreX: Math.round((random() * 3 - 1) * width * 8) / 8,
        centreY: Math.round((random() * 3 - 1) * height * 8) / 8,
        side: Math.round(random() * 64) * 2,
        rotationRadians: 0,
      };
      const border = trial % 2 === 0 ? 'black' : 'replicate';
      expect(crop(image, region, 16, { border })).toEqual(sampledOneByOne(image, region, 16, border));
    }
  });

  it('samples turned regions to within a step of where they are', () => {
    const image = paint(64, 64, (x, y) => [x * 4, y * 4, 9]);
    for (const rotationRadians of [0.3, -1, 2.5]) {
      const region = { centreX: 31, centreY: 33, side: 40, rotationRadians };
      const expected = sampledOneByOne(image, region, 16, 'replicate').flat();
      const found = crop(image, region, 16, { border: 'replicate' }).flat();
      // A step is an eighth of a level here; a level more where that rounds.
      for (const [i, value] of found.entries())
        expect(Math.abs(value - (expected[i] ?? -9))).toBeLessThanOrEqual(1);
    }
  });

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
