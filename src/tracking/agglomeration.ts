/** Agglomerative clustering: the surest pair of groups becomes one, again and again, until no pair is sure enough. */

/** A pair of groups, by index, and what speaks for its being one; `a` is less than `b`. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly evidence: number;
}

/**
 * Merges groups 0 to `count` - 1 while any pair has positive evidence. Each group remembers its best partner, so that a
 * merge costs one look at every group and few at every pair.
 * @param evidence what speaks for two groups being one; -Infinity forbids it
 * @param merge makes group `b` a part of group `a`; `evidence` must tell the joined group's from then on
 */
export function agglomerate(
  count: number,
  evidence: (a: number, b: number) => number,
  merge: (pair: Pair) => void,
): void {
  const alive = new Set(Array.from({ length: count }, (_, i) => i));
  const best = new Map<number, Pair>();
  const findBest = (group: number): void => {
    best.delete(group);
    for (const other of alive) if (other !== group) consider(group, other);
  };
  const consider = (group: number, other: number): void => {
    const value = evidence(group, other);
    if (value <= (best.get(group)?.evidence ?? 0)) return;
    best.set(group, { a: Math.min(group, other), b: Math.max(group, other), evidence: value });
  };

  for (const group of alive) findBest(group);
  for (let pair = surest(best.values()); pair !== null; pair = surest(best.values())) {
    const { a, b } = pair;
    merge(pair);
    alive.delete(b);
    best.delete(b);
    findBest(a);
    for (const group of alive) {
      if (group === a) continue;
      const partner = best.get(group);
      const isStale = partner?.a === a || partner?.b === a || partner?.a === b || partner?.b === b;
      if (isStale) findBest(group);
      else consider(group, a);
    }
  }
}

/** Of equally sure pairs the first. */
function surest(pairs: Iterable<Pair>): Pair | null {
  let result: Pair | null = null;
  for (const pair of pairs) if (pair.evidence > (result?.evidence ?? 0)) result = pair;
  return result;
}
