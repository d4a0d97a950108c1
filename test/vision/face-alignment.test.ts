import { describe, expect, it } from '@jest/globals';
import type { Point } from '../../src/geometry/box.ts';
import {
  alignedToPicture,
  fitSimilarity,
  landmarksFromBox,
  type Similarity,
} from '../../src/vision/face-alignment.ts';

const POINTS: Point[] = [
  { x: 3, y: 5 },
  { x: 40, y: 8 },
  { x: 20, y: 33 },
];

function apply({ a, b, shiftX, shiftY }: Similarity, { x, y }: Point): Point {
  return { x: a * x - b * y + shiftX, y: b * x + a * y + shiftY };
}

describe('face alignment', () => {
  it('recovers a rotation, a scale and a shift exactly', () => {
    const truth = { a: 1.5 * Math.cos(0.7), b: 1.5 * Math.sin(0.7), shiftX: -12, shiftY: 30 };
    const found = fitSimilarity(
      POINTS,
      POINTS.map((point) => apply(truth, point)),
    );
    for (const key of ['a', 'b', 'shiftX', 'shiftY'] as const) expect(found[key]).toBeCloseTo(truth[key], 9);
  });

  it('finds the least squares fit: no small change makes the error smaller', () => {
    const noisy = POINTS.map(({ x, y }, i) => ({ x: 2 * x + ((i * 7) % 3), y: 2 * y - ((i * 5) % 4) }));
    const fit = fitSimilarity(POINTS, noisy);
    const error = (transform: Similarity) =>
      POINTS.reduce((sum, point, i) => {
        const { x, y } = apply(transform, point);
        return sum + (x - (noisy[i]?.x ?? 0)) ** 2 + (y - (noisy[i]?.y ?? 0)) ** 2;
      }, 0);
    for (const key of ['a', 'b', 'shiftX', 'shiftY'] as const) {
      for (const step of [-1e-3, 1e-3]) {
        expect(error({ ...fit, [key]: fit[key] + step })).toBeGreaterThan(error(fit));
      }
    }
  });

  it('collapses to a point, not to NaN, when all landmarks lie in one place', () => {
    const { a, b, shiftX, shiftY } = alignedToPicture(Array.from({ length: 5 }, () => ({ x: 7, y: 9 })));
    expect([a, b, shiftX, shiftY].map((value) => Math.round(value))).toEqual([0, 0, 7, 9]);
  });

  it('takes the middle of the eyes in the crop to the middle of the eyes in the picture', () => {
    const box = { x: 100, y: 50, width: 80, height: 100 };
    const landmarks = landmarksFromBox(box);
    const eyes = apply(alignedToPicture(landmarks), { x: 55.9, y: 51.6 });
    expect(eyes.x).toBeCloseTo(140, 0);
    expect(Math.abs(eyes.y - 90)).toBeLessThan(2);
  });

  it('goes to a larger square by the same measure', () => {
    const landmarks = landmarksFromBox({ x: 40, y: 30, width: 80, height: 100 });
    const small = alignedToPicture(landmarks);
    const large = alignedToPicture(landmarks, 160);
    expect(large.a).toBeCloseTo((small.a * 112) / 160, 10);
    expect([large.shiftX, large.shiftY]).toEqual([
      expect.closeTo(small.shiftX, 8),
      expect.closeTo(small.shiftY, 8),
    ]);
  });
});
