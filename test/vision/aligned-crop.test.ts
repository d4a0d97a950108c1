import { describe, expect, it } from '@jest/globals';
import { type CropFormat, cropLength, writeAlignedFace } from '../../src/vision/aligned-crop.ts';
import { paint, plain } from '../helpers/pictures.ts';

const PLAIN: CropFormat = { side: 112, isPlanar: true, mean: [0, 0, 0], std: [1, 1, 1] };
const IDENTITY = { a: 1, b: 0, shiftX: 0, shiftY: 0 };
const PLANE = 112 * 112;

function crop(
  ...[image, transform, format = PLAIN]: [
    Parameters<typeof writeAlignedFace>[0],
    Parameters<typeof writeAlignedFace>[1],
    Parameters<typeof writeAlignedFace>[2]?,
  ]
) {
  const target = new Float32Array(cropLength(format));
  writeAlignedFace(image, transform, format, target, 0);
  return target;
}

function near(values: readonly number[]) {
  return values.map((value) => expect.closeTo(value, 6));
}

describe('the aligned crop', () => {
  it('is the picture itself under the identity, planar', () => {
    const image = paint(112, 112, (x, y) => [x, y, 200]);
    const target = crop(image, IDENTITY);
    expect(target[5 * 112 + 9]).toBeCloseTo(9 / 255, 6);
    expect(target[PLANE + 5 * 112 + 9]).toBeCloseTo(5 / 255, 6);
    expect(target[2 * PLANE + 5 * 112 + 9]).toBeCloseTo(200 / 255, 6);
  });

  it('lies between pixels bilinearly, and turns', () => {
    const image = paint(200, 200, (x, y) => [x, y, 0]);
    const shifted = crop(image, { a: 1, b: 0, shiftX: 10.25, shiftY: 20.5 });
    expect((shifted[0] ?? 0) * 255).toBeCloseTo(10.25, 4);
    expect((shifted[PLANE] ?? 0) * 255).toBeCloseTo(20.5, 4);
    const turned = crop(image, { a: 0, b: 1, shiftX: 150, shiftY: 0 });
    expect((turned[3 * 112 + 40] ?? 0) * 255).toBeCloseTo(147, 4);
    expect((turned[PLANE + 3 * 112 + 40] ?? 0) * 255).toBeCloseTo(40, 4);
  });

  it('averages large faces instead of skipping pixels', () => {
    const stripes = paint(448, 448, (x) => (x % 2 === 0 ? [255, 255, 255] : [0, 0, 0]));
    const target = crop(stripes, { a: 4, b: 0, shiftX: 1.5, shiftY: 1.5 });
    for (const x of [0, 10, 57]) expect(target[50 * 112 + x]).toBeCloseTo(0.5, 6);
  });

  it('is black outside the picture', () => {
    const target = crop(plain(10, 10, [255, 255, 255]), { a: 1, b: 0, shiftX: -50, shiftY: -50 });
    expect(target[0]).toBe(0);
    expect(target[55 * 112 + 55]).toBe(1);
    expect(target[61 * 112 + 61]).toBe(0);
  });

  it('is normalised by mean and standard deviation, at its place in the batch', () => {
    const length = cropLength(PLAIN);
    const target = new Float32Array(2 * length);
    const format: CropFormat = { ...PLAIN, mean: [0.5, 0.25, 0], std: [0.5, 0.25, 2] };
    const white = plain(200, 200, [255, 255, 255]);
    writeAlignedFace(white, IDENTITY, format, target, length);
    expect(target[length - 1]).toBe(0);
    const own = target.subarray(length);
    [own[0], own[PLANE], own[2 * PLANE]].forEach((value, channel) => {
      expect(value).toBeCloseTo([1, 3, 0.5][channel] ?? Number.NaN, 5);
    });
  });

  it('has the side, the layout and the order of colours that the network takes', () => {
    const image = paint(160, 160, (x, y) => [x, y, 200]);
    const [mean, std] = [[0, 0.5, 0] as const, [1, 1, 2] as const];
    const red = 9 / 255;
    const green = 5 / 255 - 0.5;
    const blue = 200 / 255 / 2;
    const pixel = 5 * 160 + 9;
    const format = { side: 160, mean, std };
    const plane = 160 * 160;
    const planar = crop(image, IDENTITY, { ...format, isPlanar: true, channels: 'bgr' });
    expect([0, 1, 2].map((i) => planar[i * plane + pixel])).toEqual(near([blue, green, red]));
    const interleaved = crop(image, IDENTITY, { ...format, isPlanar: false });
    expect([0, 1, 2].map((i) => interleaved[3 * pixel + i])).toEqual(near([red, green, blue]));
    const turned = crop(image, IDENTITY, { ...format, isPlanar: false, channels: 'bgr' });
    expect([0, 1, 2].map((i) => turned[3 * pixel + i])).toEqual(near([blue, green, red]));
  });
});
