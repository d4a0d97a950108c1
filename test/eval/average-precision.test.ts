import { describe, expect, it } from '@jest/globals';
import { averagePrecision, operatingPoint, type ScoredPicture } from '../../eval/average-precision.ts';

/** A face of 20 x 20 pixels in column `column`; columns are far apart. */
function box(column: number, shift = 0) {
  return { x: column * 100 + shift, y: 0, width: 20, height: 20 };
}

function picture(
  truth: readonly (readonly [column: number, counts: boolean])[],
  found: readonly (readonly [column: number, confidence: number, shift?: number])[],
): ScoredPicture {
  return {
    truth: truth.map(([column, counts]) => ({ box: box(column), counts })),
    found: found.map(([column, confidence, shift]) => ({ box: box(column, shift), confidence })),
  };
}

describe('average precision', () => {
  it('is 1 when every face is found and nothing else, 0 when none is', () => {
    expect(averagePrecision([picture([[0, true]], [[0, 0.9]])])).toBe(1);
    expect(averagePrecision([picture([[0, true]], [[5, 0.9]])])).toBe(0);
    expect(averagePrecision([picture([[0, true]], [])])).toBe(0);
  });

  it('equals the area drawn by hand: a hit, a false alarm, a hit, and one face missed', () => {
    // Recall 1/3 at precision 1, then 2/3 at precision 2/3; the third face is never found.
    const scored = picture(
      [
        [0, true],
        [1, true],
        [2, true],
      ],
      [
        [0, 0.9],
        [7, 0.8],
        [1, 0.7],
      ],
    );
    expect(averagePrecision([scored])).toBeCloseTo(1 / 3 + (1 / 3) * (2 / 3), 6);
  });

  it('takes the best precision at a recall or any higher one', () => {
    // Precisions 0/1, 1/2, 2/3, 3/4: made monotonic, all of them count as 3/4.
    const scored = picture(
      [
        [0, true],
        [1, true],
        [2, true],
      ],
      [
        [7, 0.9],
        [0, 0.8],
        [1, 0.7],
        [2, 0.6],
      ],
    );
    expect(averagePrecision([scored])).toBeCloseTo(3 / 4, 6);
  });

  it('counts a face once, and a second detection of it as a false alarm', () => {
    const twice = picture(
      [
        [0, true],
        [1, true],
      ],
      [
        [0, 0.9],
        [0, 0.8, 2],
        [1, 0.7],
      ],
    );
    expect(averagePrecision([twice])).toBeCloseTo(1 / 2 + (1 / 2) * (2 / 3), 6);
  });

  it('neither rewards nor punishes detections of faces that do not count', () => {
    const truth = [
      [0, true],
      [1, false],
    ] as const;
    const found = [
      [1, 0.9],
      [0, 0.8],
    ] as const;
    expect(averagePrecision([picture(truth, found)])).toBe(1);
    expect(averagePrecision([picture([[1, false]], [[1, 0.9]])])).toBeNaN();
  });

  it('pools the pictures by confidence, false alarms in empty ones included', () => {
    const [hit, empty] = [picture([[0, true]], [[0, 0.5]]), picture([], [[3, 0.9]])];
    expect(averagePrecision([hit, empty])).toBeCloseTo(1 / 2, 6);
    expect(averagePrecision([picture([[0, true]], [[0, 0.9]]), picture([], [[3, 0.5]])])).toBe(1);
  });

  it('needs an overlap of half, counted in whole pixels as the official tool does', () => {
    // 20 x 20 at a shift of 7: 14 of 28 columns of pixels are shared. At 8 it is 13 of 29.
    expect(averagePrecision([picture([[0, true]], [[0, 0.9, 7]])])).toBe(1);
    expect(averagePrecision([picture([[0, true]], [[0, 0.9, 8]])])).toBe(0);
  });
});

describe('the operating point', () => {
  it('is recall and precision of what is at least that sure', () => {
    const scored = picture(
      [
        [0, true],
        [1, true],
        [2, false],
      ],
      [
        [0, 0.9],
        [7, 0.6],
        [2, 0.6],
        [1, 0.4],
      ],
    );
    expect(operatingPoint([scored], 0.5)).toEqual({ recall: 0.5, precision: 0.5 });
    expect(operatingPoint([scored], 0.3)).toEqual({ recall: 1, precision: 2 / 3 });
    expect(operatingPoint([scored], 0.95).precision).toBeNaN();
  });
});
