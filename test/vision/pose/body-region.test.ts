import { describe, expect, it } from '@jest/globals';
import {
  fromRegion,
  leaningRegionFromFace,
  regionFromAlignment,
  regionFromFace,
  regionOfPicture,
} from '../../../src/vision/pose/body-region.ts';

describe('a body region', () => {
  it('from alignment points is a square around the circle they span, a quarter larger', () => {
    const region = regionFromAlignment({ x: 100, y: 200 }, { x: 100, y: 120 });
    expect(region).toEqual({ centreX: 100, centreY: 200, side: 200, rotationRadians: expect.closeTo(0) });
  });

  it.each([
    ['upright', { x: 0, y: -10 }, 0],
    ['leaning right', { x: 10, y: -10 }, Math.PI / 4],
    ['lying with the head to the right', { x: 10, y: 0 }, Math.PI / 2],
    ['lying with the head to the left', { x: -10, y: 0 }, -Math.PI / 2],
  ])('turns clockwise with a person who is %s', (_posture, rim, rotation) => {
    expect(regionFromAlignment({ x: 0, y: 0 }, rim).rotationRadians).toBeCloseTo(rotation);
  });

  it('keeps the angle of a person standing on the head within half a turn', () => {
    const { rotationRadians } = regionFromAlignment({ x: 0, y: 0 }, { x: 0.001, y: 10 });
    expect(Math.abs(rotationRadians)).toBeCloseTo(Math.PI, 3);
    expect(Math.abs(rotationRadians)).toBeLessThanOrEqual(Math.PI);
  });

  it('of a face lies below it, upright, and holds it', () => {
    const face = { x: 90, y: 40, width: 20, height: 30 };
    const region = regionFromFace(face);
    expect(region.centreX).toBe(100);
    expect(region.centreY).toBeGreaterThan(face.y + 3 * face.height);
    expect(region.centreY - region.side / 2).toBeLessThan(face.y);
    expect(region.rotationRadians).toBeCloseTo(0);
  });

  it.each([
    ['right', 0.3],
    ['left', -0.3],
  ])('of somebody who leans to the %s is turned around the face', (_side, radians) => {
    const face = { x: 90, y: 40, width: 20, height: 30 };
    const upright = regionFromFace(face);
    const { centreX, centreY, side, rotationRadians } = leaningRegionFromFace(face, radians);
    const [right, down] = [centreX - 100, centreY - 55];
    expect(Math.hypot(right, down)).toBeCloseTo(upright.centreY - 55);
    expect(Math.atan2(-right, down)).toBeCloseTo(radians);
    expect(rotationRadians).toBeCloseTo(radians);
    expect(side).toBeCloseTo(upright.side);
  });

  it('of a picture is as wide as the picture’s long side', () => {
    expect(regionOfPicture({ width: 40, height: 100 })).toEqual({
      centreX: 20,
      centreY: 50,
      side: 100,
      rotationRadians: 0,
    });
  });

  it('maps its corners into the picture, turned', () => {
    const region = { centreX: 50, centreY: 50, side: 20, rotationRadians: Math.PI / 2 };
    const corner = fromRegion(region, 0, 0);
    expect(corner.x).toBeCloseTo(60);
    expect(corner.y).toBeCloseTo(40);
    const middle = fromRegion(region, 0.5, 0.5);
    expect(middle).toEqual({ x: 50, y: 50 });
  });
});
