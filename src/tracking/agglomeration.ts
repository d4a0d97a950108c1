/** Agglomerative clustering: the surest pair of groups becomes one, again and again, until no pair is sure enough. */

/** A pair of groups, by index, and what speaks for its being one; `a` is less than `b`. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly evidence: number;
}

/**
 * Merges groups 0 to `count` - 1 while any pair has positive evidence. Each group remembers its best partner. When that
 * partner is merged, the memory is kept as a bound from above and looked up anew only when it comes out on top: a joined
 * group is seldom a better partner than the better of its parts was.
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
  const outdated = new Set<number>();
  const consider = (group: number, other: number): void => {
    const value = evidence(group, other);
    if (value <= (best.get(group)?.evidence ?? 0)) return;
    best.set(group, { a: Math.min(group, other), b: Math.max(group, other), evidence: value });
    outdated.delete(group);
  };
  const findBest = (group: number): void => {
    best.delete(group);
    outdated.delete(group);
    for (const other of alive) if (other !== group) consider(group, other);
  };

  for (const group of alive) findBest(group);
  for (let top = surest(best); top !== null; top = surest(best)) {
    if (outdated.has(top.group)) {
      findBest(top.group);
      continue;
    }
    const { a, b } = top.pair;
    merge(top.pair);
    alive.delete(b);
    best.delete(b);
    findBest(a);
    for (const group of alive) {
      if (group === a) continue;
      const partner = best.get(group);
      if (partner !== undefined && [partner.a, partner.b].some((one) => one === a || one === b)) {
        outdated.add(group);
      }
      consider(group, a);
    }
  }
}

/** The group with the surest partner; of equally sure ones the first. */
function surest(best: ReadonlyMap<number, Pair>): { group: number; pair: Pair } | null {
  let result: { group: number; pair: Pair } | null = null;
  for (const [group, pair] of best) {
    if (pair.evidence > (result?.pair.evidence ?? 0)) result = { group, pair };
  }
  return result;
}
