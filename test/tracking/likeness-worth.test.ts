import { describe, expect, it } from '@jest/globals';
import type { Point } from '../../src/geometry/box.ts';
import { worthOfClothes, worthOfFace } from '../../src/tracking/likeness-worth.ts';
import { torsoAppearance } from '../../src/vision/torso-appearance.ts';
import { poseOf } from './synthetic-video.ts';

/** The appearance of somebody dressed in one colour, as the vision room sees it. */
function dressedIn(red: number, green: number, blue: number): Float32Array {
  const size = { width: 200, height: 600 };
  const data = Uint8Array.from({ length: size.width * size.height * 3 }, (_, i) =>
    i % 3 === 0 ? red : i % 3 === 1 ? green : blue,
  );
  const appearance = torsoAppearance({ ...size, data }, poseOf({ x: 100, y: 60 }).landmarks);
  if (appearance === null) throw new Error('no torso');
  return appearance;
}

describe('worthOfClothes', () => {
  it.each([
    ['red', [200, 20, 30]],
    ['pale blue', [150, 170, 220]],
    ['orange', [220, 140, 20]],
  ] as const)('is full for %s', (_name, [red, green, blue]) => {
    expect(worthOfClothes(dressedIn(red, green, blue))).toBeCloseTo(1, 5);
  });

  it.each([
    ['black', [12, 12, 14]],
    ['grey', [120, 120, 120]],
    ['white', [250, 250, 250]],
  ] as const)('is little for %s', (_name, [red, green, blue]) => {
    expect(worthOfClothes(dressedIn(red, green, blue))).toBeCloseTo(0.3, 5);
  });
});

describe('worthOfFace', () => {
  const turned = (spacing: number, tilt = 0): Point[] =>
    [
      { x: -spacing / 2, y: -0.5 },
      { x: spacing / 2, y: -0.5 },
      { x: spacing, y: 0 },
      { x: -spacing / 2, y: 0.5 },
      { x: spacing / 2, y: 0.5 },
    ].map(({ x, y }) => ({
      x: 400 + 30 * (x * Math.cos(tilt) - y * Math.sin(tilt)),
      y: 300 + 30 * (x * Math.sin(tilt) + y * Math.cos(tilt)),
    }));

  it('is full from the front and half aside, nothing in profile, whichever way the head is tilted', () => {
    for (const tilt of [0, 0.7, -1.5, 3]) {
      expect([0.9, 0.5, 0.3, 0.1].map((spacing) => worthOfFace(1, turned(spacing, tilt)))).toEqual([
        1,
        1,
        expect.closeTo(0.5, 6),
        0,
      ]);
    }
  });

  it('is less the less sure the detector is, and nothing where half of what it finds is none', () => {
    expect([0.3, 0.5, 0.55, 0.6, 0.9].map((confidence) => worthOfFace(confidence, turned(0.9)))).toEqual([
      0,
      0,
      expect.closeTo(0.5, 6),
      1,
      1,
    ]);
  });

  it('is nothing for a face beyond profile and for landmarks that have fallen together', () => {
    expect(worthOfFace(1, turned(-0.5))).toBe(0);
    expect(
      worthOfFace(
        1,
        Array.from({ length: 5 }, () => ({ x: 3, y: 4 })),
      ),
    ).toBe(0);
  });

  it('is full where nothing is known of the landmarks', () => {
    expect(worthOfFace(1, null)).toBe(1);
  });
});
