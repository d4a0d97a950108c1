import { describe, expect, it } from '@jest/globals';
import type { PoseLandmark } from '../../src/geometry/landmarks.ts';
import type { RgbImage } from '../../src/geometry/rgb-image.ts';
import { torsoAppearance } from '../../src/vision/torso-appearance.ts';
import { dotProduct } from '../helpers/dot-product.ts';
import { paint } from '../helpers/pictures.ts';

const SHOULDERS_AND_HIPS: ReadonlyMap<number, readonly [number, number]> = new Map([
  [11, [70, 20]],
  [12, [30, 20]],
  [23, [60, 80]],
  [24, [40, 80]],
]);

function pose(changes: Record<number, Partial<PoseLandmark>> = {}): PoseLandmark[] {
  return Array.from({ length: 33 }, (_, i) => {
    const [x, y] = SHOULDERS_AND_HIPS.get(i) ?? [0, 0];
    return { x, y, z: 0, visibility: 1, presence: 1, ...changes[i] };
  });
}

type Colour = readonly [number, number, number];
const [RED, BLUE, GREY, DARK_RED]: Colour[] = [
  [200, 20, 20],
  [20, 20, 200],
  [90, 90, 90],
  [180, 25, 18],
];

function dressed(upper: Colour = GREY as Colour, lower: Colour = upper): RgbImage {
  return paint(100, 100, (_, y) => (y < 50 ? upper : lower));
}

function likeness(a: RgbImage, b: RgbImage): number {
  return dotProduct(torsoAppearance(a, pose()), torsoAppearance(b, pose()));
}

describe('the appearance of a torso', () => {
  it('is a vector of length 1, equal for equal clothes', () => {
    expect(likeness(dressed(RED, BLUE), dressed(RED, BLUE))).toBeCloseTo(1, 6);
    expect(likeness(dressed(GREY), dressed(GREY))).toBeCloseTo(1, 6);
  });

  it('is near for the same clothes in other light, and far for other clothes', () => {
    expect(likeness(dressed(RED), dressed(DARK_RED))).toBeGreaterThan(0.9);
    expect(likeness(dressed(RED), dressed(BLUE))).toBeCloseTo(0, 6);
    expect(likeness(dressed(RED), dressed(GREY))).toBeCloseTo(0, 6);
    expect(likeness(dressed(RED, GREY), dressed(RED, BLUE))).toBeCloseTo(0.5, 1);
  });

  it('tells a red jacket over blue trousers from a blue one over red, but not left from right', () => {
    expect(likeness(dressed(RED, BLUE), dressed(BLUE, RED))).toBeCloseTo(0, 6);
    const mirrored = pose({ 11: { x: 30 }, 12: { x: 70 }, 23: { x: 40 }, 24: { x: 60 } });
    const image = dressed(RED, BLUE);
    expect(torsoAppearance(image, mirrored)).toEqual(torsoAppearance(image, pose()));
  });

  it('is unknown where a shoulder or hip is hidden, outside the picture or missing, and for a torso of no size', () => {
    const image = dressed(RED);
    expect(torsoAppearance(image, pose({ 11: { visibility: 0.2 } }))).toBeNull();
    expect(torsoAppearance(image, pose({ 24: { y: 100 } }))).toBeNull();
    expect(torsoAppearance(image, pose({ 12: { x: -1 } }))).toBeNull();
    expect(torsoAppearance(image, pose().slice(0, 20))).toBeNull();
    expect(torsoAppearance(image, pose({ 23: { y: 21 }, 24: { y: 21 } }))).toBeNull();
  });

  it('takes black and white for greys', () => {
    const [black, white]: Colour[] = [
      [0, 0, 0],
      [255, 255, 255],
    ];
    expect(likeness(dressed(black), dressed(black))).toBeCloseTo(1, 6);
    expect(likeness(dressed(black), dressed(white))).toBeCloseTo(0, 6);
  });
});
