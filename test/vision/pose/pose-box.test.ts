import { describe, expect, it } from '@jest/globals';
import { boxAroundLandmarks } from '../../../src/vision/pose/pose-box.ts';

const picture = { width: 100, height: 100 };

function landmark(x: number, y: number, visibility: number, presence = visibility) {
  return { x, y, z: 0, visibility, presence };
}

describe('the box of a pose', () => {
  it('holds the visible landmarks and ignores the others', () => {
    const box = boxAroundLandmarks(
      [landmark(10, 20, 0.9), landmark(30, 60, 0.5), landmark(90, 90, 0.4)],
      picture,
    );
    expect(box).toEqual({ x: 10, y: 20, width: 20, height: 40 });
  });

  it('is clipped to the picture', () => {
    const box = boxAroundLandmarks([landmark(-10, 20, 1), landmark(30, 160, 1)], picture);
    expect(box).toEqual({ x: 0, y: 20, width: 30, height: 80 });
  });

  it('takes landmarks that are merely in the picture when hardly any is visible', () => {
    const box = boxAroundLandmarks([landmark(10, 20, 0.1), landmark(30, 60, 0.2)], picture);
    expect(box).toEqual({ x: 10, y: 20, width: 20, height: 40 });
  });

  it('takes them too when those that are visible span less than a pixel', () => {
    const eyes = [landmark(40, 20, 1), landmark(60, 20.4, 1)];
    const box = boxAroundLandmarks([...eyes, landmark(30, 70, 0.1)], picture);
    expect(box).toEqual({ x: 30, y: 20, width: 30, height: 50 });
  });

  it('is null for a body of which nothing is in the picture', () => {
    expect(boxAroundLandmarks([landmark(-10, 20, 0), landmark(-30, 60, 0)], picture)).toBeNull();
    expect(boxAroundLandmarks([landmark(10, 20, 1), landmark(10, 20, 1)], picture)).toBeNull();
    expect(boxAroundLandmarks([], picture)).toBeNull();
  });

  it('is null for a body of which less than a pixel is in the picture', () => {
    expect(boxAroundLandmarks([landmark(-10, 20, 1), landmark(1e-7, 60, 1)], picture)).toBeNull();
    expect(boxAroundLandmarks([landmark(-10, 20, 1), landmark(1, 60, 1)], picture)).not.toBeNull();
  });
});
