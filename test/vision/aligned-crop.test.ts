import { describe, expect, it } from '@jest/globals';
import { ALIGNED_FACE_LENGTH, writeAlignedFace } from '../../src/vision/aligned-crop.ts';
import { paint, plain } from '../helpers/pictures.ts';

const PLAIN_RANGE = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
const PLANE = 112 * 112;

function crop(
  ...[image, transform, normalisation = PLAIN_RANGE]: [
    Parameters<typeof writeAlignedFace>[0],
    Parameters<typeof writeAlignedFace>[1],
    Parameters<typeof writeAlignedFace>[2]?,
  ]
) {
  const target = new Float32Array(ALIGNED_FACE_LENGTH);
  writeAlignedFace(image, transform, normalisation, target, 0);
  return target;
}

describe('the aligned crop', () => {
  it('is the picture itself under the identity, planar', () => {
    const image = paint(112, 112, (x, y) => [x, y, 200]);
    const target = crop(image, { a: 1, b: 0, shiftX: 0, shiftY: 0 });
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
    const target = new Float32Array(2 * ALIGNED_FACE_LENGTH);
    const normalisation = { mean: [0.5, 0.25, 0], std: [0.5, 0.25, 2] } as const;
    const white = plain(200, 200, [255, 255, 255]);
    writeAlignedFace(white, { a: 1, b: 0, shiftX: 0, shiftY: 0 }, normalisation, target, ALIGNED_FACE_LENGTH);
    expect(target[ALIGNED_FACE_LENGTH - 1]).toBe(0);
    const own = target.subarray(ALIGNED_FACE_LENGTH);
    [own[0], own[PLANE], own[2 * PLANE]].forEach((value, channel) => {
      expect(value).toBeCloseTo([1, 3, 0.5][channel] ?? Number.NaN, 5);
    });
  });
});
