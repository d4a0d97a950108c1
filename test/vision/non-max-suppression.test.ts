import { describe, expect, it } from '@jest/globals';
import { mergePasses, suppressNonMaxima } from '../../src/vision/non-max-suppression.ts';

function face(x: number, confidence: number, side = 10) {
  return { box: { x, y: 0, width: side, height: side }, confidence };
}

describe('non-maximum suppression', () => {
  it('keeps the surest of boxes that overlap, and boxes that do not', () => {
    const [weak, sure, apart] = [face(1, 0.6), face(0, 0.9), face(50, 0.7)];
    expect(suppressNonMaxima([weak, sure, apart], 0.5)).toEqual([sure, apart]);
  });

  it('keeps no more than it may, the surest', () => {
    const boxes = [0.3, 0.9, 0.6].map((confidence, i) => ({
      box: { x: 100 * i, y: 0, width: 10, height: 10 },
      confidence,
    }));
    expect(suppressNonMaxima(boxes, 0.5, 2).map(({ confidence }) => confidence)).toEqual([0.9, 0.6]);
  });

  it('lets a box live whose only rival was itself suppressed', () => {
    // b overlaps a and c by 0.54, a and c overlap by 0.25.
    const [a, b, c] = [face(0, 0.9), face(3, 0.8), face(6, 0.7)];
    expect(suppressNonMaxima([a, b, c], 0.5)).toEqual([a, c]);
  });

  it('keeps an overlap of exactly the limit, and the order of equals', () => {
    const half = { box: { x: 0, y: 0, width: 10, height: 5 }, confidence: 0.9 };
    expect(suppressNonMaxima([face(0, 0.9), half], 0.5)).toEqual([face(0, 0.9), half]);
    expect(suppressNonMaxima([], 0.5)).toEqual([]);
  });
});

describe('merging passes', () => {
  it('sees one face where the smaller box of another pass lies in the larger', () => {
    const whole = [face(0, 0.6, 20)];
    const tile = [face(4, 0.9), face(100, 0.5)];
    expect(mergePasses([whole, tile], 0.6)).toEqual([face(4, 0.9), face(100, 0.5)]);
  });

  it('leaves what one pass told apart', () => {
    const pass = [face(0, 0.9, 20), face(4, 0.8)];
    expect(mergePasses([pass, []], 0.6)).toEqual(pass);
  });

  it('does not count boxes without area', () => {
    expect(mergePasses([[face(0, 0.9, 0)], [face(0, 0.8)]], 0.6)).toHaveLength(2);
  });
});
