import { describe, expect, it } from '@jest/globals';
import { agglomerate, type Pair } from '../../src/tracking/agglomeration.ts';

/** Runs on a table of evidence that stays as it is, the joined group keeping the row of its first part. */
function pairsOf(table: readonly (readonly number[])[]): Pair[] {
  const pairs: Pair[] = [];
  agglomerate(
    table.length,
    (a, b) => table[a]?.[b] ?? -Infinity,
    (pair) => pairs.push(pair),
  );
  return pairs;
}

describe('agglomerate', () => {
  it('makes the surest pair first and stops where nothing speaks for a pair', () => {
    const table = [
      [0, 1, -2, -2],
      [1, 0, -2, -2],
      [-2, -2, 0, 3],
      [-2, -2, 3, 0],
    ];
    expect(pairsOf(table)).toEqual([
      { a: 2, b: 3, evidence: 3 },
      { a: 0, b: 1, evidence: 1 },
    ]);
  });

  it('asks anew about a joined group', () => {
    const joined = new Set<number>();
    const pairs: Pair[] = [];
    agglomerate(
      3,
      // 0 and 1 belong together; 2 would go with either, but not with both.
      (a, b) => (a + b === 1 ? 5 : joined.has(Math.min(a, b)) ? -1 : 2),
      (pair) => {
        joined.add(pair.a);
        pairs.push(pair);
      },
    );
    expect(pairs).toEqual([{ a: 0, b: 1, evidence: 5 }]);
  });

  it.each([0, 1e-9])('asks little where all are alike, joined ones less by %d', (loss) => {
    const count = 60;
    let asked = 0;
    let merged = 0;
    agglomerate(
      count,
      () => {
        asked++;
        return 5 - loss * merged;
      },
      () => merged++,
    );
    expect(merged).toBe(count - 1);
    expect(asked).toBeLessThanOrEqual(count ** 2);
  });

  it('has nothing to do with nobody or one', () => {
    expect(pairsOf([])).toEqual([]);
    expect(pairsOf([[0]])).toEqual([]);
  });
});
