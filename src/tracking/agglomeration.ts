/** Agglomerative clustering: the surest pair of groups becomes one, again and again, until no pair is sure enough. */

/** A pair of groups, by index, and what speaks for its being one; `a` is less than `b`. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly evidence: number;
}

/**
 * Merges groups 0 to `count` - 1 while any pair has positive evidence. The evidence for a pair is asked for once, and again when
 * one of the two has been joined: where all are alike, every group loses its best partner with every merge, and looks for another one in
 * what is known.
 * @param evidence what speaks for two groups being one, whichever is named first; -Infinity forbids it
 * @param merge makes group `b` a part of group `a`; `evidence` must tell the joined group's from then on
 */
export function agglomerate(
  count: number,
  evidence: (a: number, b: number) => number,
  merge: (pair: Pair) => void,
): void {
  const known = new Float64Array(count ** 2);
  /** Of each group the best partner, or itself where it has none: nothing speaks for that pair. */
  const best = Int32Array.from({ length: count }, (_, group) => group);
  const knownBest = (group: number): number => known[group * count + (best[group] as number)] as number;
  const learn = (a: number, b: number): void => {
    const value = evidence(a, b);
    known[a * count + b] = value;
    known[b * count + a] = value;
  };
  let alive = [...best];
  const findBest = (group: number): void => {
    let most = 0;
    best[group] = group;
    for (const other of alive) {
      const value = known[group * count + other] as number;
      if (!(value > most)) continue;
      most = value;
      best[group] = other;
    }
  };
  const surest = () => alive.reduce((first, next) => (knownBest(next) > knownBest(first) ? next : first));

  for (const b of alive) for (let a = 0; a < b; a++) learn(a, b);
  for (const group of alive) findBest(group);
  while (alive.length > 1) {
    const one = surest();
    const other = best[one] as number;
    if (one === other) return;
    const [a, b] = [Math.min(one, other), Math.max(one, other)];
    merge({ a, b, evidence: knownBest(one) });
    alive = alive.filter((group) => group !== b);
    for (const group of alive) {
      if (group !== a) learn(a, group);
    }
    for (const group of alive) {
      const partner = best[group];
      if (group === a || partner === a || partner === b) findBest(group);
      else if ((known[group * count + a] as number) > knownBest(group)) best[group] = a;
    }
  }
}
