import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { selectExpression } from '../../src/media/select-expression.ts';

/** Compiles an expression to what it means in ffmpeg. */
function compile(expression: string): (pts: number) => number {
  const scope = {
    // Both branches are evaluated here, one there; they have no effects.
    when: (condition: number, yes: number, no: number) => (condition !== 0 ? yes : no),
    lt: (a: number, b: number) => Number(a < b),
    eq: (a: number, b: number) => Number(a === b),
    between: (x: number, low: number, high: number) => Number(x >= low && x <= high),
    mod: (a: number, b: number) => a - b * Math.floor(a / b),
    not: (a: number) => Number(a === 0),
  };
  return runInNewContext(`(pts) => ${expression.replaceAll('if(', 'when(')}`, scope) as (
    pts: number,
  ) => number;
}

function passing(wanted: readonly number[], candidates: readonly number[]): number[] {
  const passes = compile(selectExpression(wanted));
  return candidates.filter((pts) => passes(pts) !== 0);
}

const ticks = Array.from({ length: 400 }, (_, index) => index - 40);

describe('selectExpression', () => {
  it('lets nothing pass when nothing is wanted', () => {
    expect(passing([], ticks)).toEqual([]);
  });

  it.each([
    ['one', [7]],
    ['two', [7, 9]],
    ['times before zero', [-30, -3, 0, 50]],
    ['a regular stretch', [0, 60, 120, 180, 240]],
    ['a stretch with a short step in it', [0, 60, 120, 179, 239, 299]],
    ['everything', ticks],
  ])('lets exactly the wanted times pass: %s', (_, wanted) => {
    expect(passing(wanted, ticks)).toEqual(wanted);
  });

  it('lets exactly the wanted times pass, whatever they are', () => {
    let seed = 1;
    for (let round = 0; round < 50; round++) {
      const wanted = ticks.filter(() => {
        seed = (seed * 48271) % 2147483647;
        return seed % 7 < round % 7;
      });
      expect(passing(wanted, ticks)).toEqual(wanted);
    }
  });

  it('needs one term for a constant rate, however long', () => {
    const wanted = Array.from({ length: 10_000 }, (_, index) => index * 15360);
    expect(selectExpression(wanted)).toBe('between(pts,0,153584640)*not(mod(pts,15360))');
  });

  it('nests only as deep as the logarithm of its terms, so that ffmpeg can parse it', () => {
    const irregular = Array.from({ length: 4096 }, (_, index) => index * index);
    const expression = selectExpression(irregular);
    let depth = 0;
    let deepest = 0;
    for (const character of expression) {
      if (character === '(') deepest = Math.max(deepest, ++depth);
      if (character === ')') depth--;
    }
    expect(deepest).toBeLessThanOrEqual(14);
  });
});
