import { describe, expect, it } from '@jest/globals';
import { coverFaces } from '../../../src/vision/pose/cover-faces.ts';
import { plain } from '../../helpers/pictures.ts';

const image = plain(40, 30, [1, 2, 3]);
const left = { x: 5, y: 5, width: 10, height: 10 };
const right = { x: 12, y: 5, width: 10, height: 10 };

function pixel({ data, width }: typeof image, x: number, y: number): number[] {
  return Array.from(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3));
}

describe('covering faces', () => {
  it('hides all but the spared one, a little beyond their boxes', () => {
    const covered = coverFaces(image, [left, right], right);
    expect(pixel(covered, 10, 10)).toEqual([114, 114, 114]);
    expect(pixel(covered, 4, 4)).toEqual([114, 114, 114]);
    expect(pixel(covered, 2, 10)).toEqual([1, 2, 3]);
  });

  it('keeps the spared face whole where a patch would reach into it', () => {
    const covered = coverFaces(image, [left, right], right);
    expect(pixel(covered, 13, 10)).toEqual([1, 2, 3]);
  });

  it('hides everybody when nobody is spared', () => {
    expect(pixel(coverFaces(image, [left, right], null), 13, 10)).toEqual([114, 114, 114]);
  });

  it('leaves the picture itself alone, and hands it back when there is nothing to hide', () => {
    coverFaces(image, [left], null);
    expect(pixel(image, 10, 10)).toEqual([1, 2, 3]);
    expect(coverFaces(image, [left], left)).toBe(image);
    expect(coverFaces(image, [], null)).toBe(image);
  });

  it('paints only inside the picture', () => {
    const covered = coverFaces(image, [{ x: -20, y: 20, width: 100, height: 100 }], null);
    expect(covered.data).toHaveLength(image.data.length);
    expect(pixel(covered, 0, 29)).toEqual([114, 114, 114]);
    expect(pixel(covered, 0, 5)).toEqual([1, 2, 3]);
  });
});
