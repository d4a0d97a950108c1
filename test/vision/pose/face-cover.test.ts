import { describe, expect, it } from '@jest/globals';
import type { Tlwh } from '../../../src/geometry/box.ts';
import { FaceCover } from '../../../src/vision/pose/face-cover.ts';
import { paint, plain } from '../../helpers/pictures.ts';

const image = plain(40, 30, [1, 2, 3]);
const left = { x: 5, y: 5, width: 10, height: 10 };
const whole = { x: 0, y: 0, width: 40, height: 30 };
const right = { x: 12, y: 5, width: 10, height: 10 };

function cover(faces: readonly Tlwh[], spared: Tlwh | null): typeof image {
  const faceCover = new FaceCover();
  faceCover.begin(image, faces);
  return faceCover.sparing(spared, whole);
}

function pixel({ data, width }: typeof image, x: number, y: number): number[] {
  return Array.from(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3));
}

describe('covering faces', () => {
  it('hides all but the spared one, a little beyond their boxes', () => {
    const covered = cover([left, right], right);
    expect(pixel(covered, 10, 10)).toEqual([114, 114, 114]);
    expect(pixel(covered, 4, 4)).toEqual([114, 114, 114]);
    expect(pixel(covered, 2, 10)).toEqual([1, 2, 3]);
  });

  it('keeps the spared face whole where a patch would reach into it', () => {
    expect(pixel(cover([left, right], right), 13, 10)).toEqual([1, 2, 3]);
  });

  it('hides everybody when nobody is spared', () => {
    expect(pixel(cover([left, right], null), 13, 10)).toEqual([114, 114, 114]);
  });

  it('leaves the picture itself alone, and hands it back when there is nothing to hide', () => {
    cover([left], null);
    expect(pixel(image, 10, 10)).toEqual([1, 2, 3]);
    expect(cover([left], left)).toBe(image);
    expect(cover([], null)).toBe(image);
  });

  it('hides nothing that will not be looked at', () => {
    const faceCover = new FaceCover();
    faceCover.begin(image, [left, right]);
    const corner = { x: 30, y: 20, width: 10, height: 10 };
    expect(faceCover.sparing(null, corner)).toBe(image);
    const hidden = faceCover.sparing(null, { x: 20, y: 0, width: 20, height: 30 });
    expect(pixel(hidden, 20, 10)).toEqual([114, 114, 114]);
    expect(pixel(hidden, 5, 10)).toEqual([1, 2, 3]);
  });

  it('paints only inside the picture', () => {
    const covered = cover([{ x: -20, y: 20, width: 100, height: 100 }], null);
    expect(covered.data).toHaveLength(image.data.length);
    expect(pixel(covered, 0, 29)).toEqual([114, 114, 114]);
    expect(pixel(covered, 0, 5)).toEqual([1, 2, 3]);
  });

  it('leaves nothing of one patch, or one picture, in the next', () => {
    const gradient = paint(40, 30, (x, y) => [x, y, 7]);
    const faceCover = new FaceCover();
    faceCover.begin(image, [left, right]);
    faceCover.sparing(left, whole);
    faceCover.begin(gradient, [left, right]);
    faceCover.sparing(left, whole);
    const expected = new FaceCover();
    expected.begin(gradient, [left, right]);
    expect(faceCover.sparing(right, whole)).toEqual(expected.sparing(right, whole));
    faceCover.begin(plain(5, 4, [9, 9, 9]), [{ x: 1, y: 1, width: 1, height: 1 }]);
    expect(faceCover.sparing(null, whole).data).toHaveLength(60);
  });
});
