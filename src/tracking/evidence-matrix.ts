/** Pairwise evidence of one kind between groups, kept up to date while groups are merged (average linkage). */
import type { Look } from './look.ts';
import { LookMatrix } from './look-matrix.ts';

/** Two sets are as like as the closest quarter of their pairs: people turn, and a profile resembles no frontal view. */
const CLOSEST_SHARE = 0.25;

export class EvidenceMatrix {
  readonly #size: number;
  readonly #evidence: Float64Array;
  readonly #weights: number[];
  readonly #worths: number[];

  /**
   * @param looks the looks of each group; a group may have none
   * @param evidenceAt nats for two groups being one person at a cosine distance
   */
  constructor(looks: readonly (readonly Look[])[], evidenceAt: (distance: number) => number) {
    this.#size = looks.length;
    this.#evidence = new Float64Array(looks.length ** 2).fill(Number.NaN);
    this.#weights = looks.map(({ length }) => length);
    this.#worths = looks.map((some) => some.reduce((sum, { worth }) => sum + worth, 0) / some.length);
    const total = looks.reduce((sum, { length }) => sum + length, 0);
    const most = looks.reduce((longest, { length }) => Math.max(longest, length), 0);
    const cosines = new Float64Array(most * total);
    const pairs = new Float64Array(most * most);
    // A group is compared with the looks of all groups before it at once.
    const known = new LookMatrix(total, total);
    const ends: number[] = [];
    for (const [a, some] of looks.entries()) {
      for (const [i, look] of some.entries()) cosines.set(known.cosines(look), i * total);
      for (let b = 0; b < a; b++) {
        const [from, to] = [ends[b - 1] ?? 0, ends[b] ?? 0];
        const between = pairs.subarray(0, some.length * (to - from));
        if (between.length === 0) continue;
        for (let i = 0; i < some.length; i++) {
          between.set(cosines.subarray(i * total + from, i * total + to), i * (to - from));
        }
        this.#set(a, b, evidenceAt(distanceOfClosest(between)));
      }
      for (const look of some) known.set(known.size, look);
      ends.push(known.size);
    }
  }

  /** Nats for the two groups being one person; NaN when one of them has no looks of this kind. */
  between(a: number, b: number): number {
    return this.#evidence[a * this.#size + b] ?? Number.NaN;
  }

  /** What the likeness of the two groups is worth, 0..1; NaN when one of them has no looks of this kind. */
  worthBetween(a: number, b: number): number {
    return Math.min(this.#worths[a] ?? Number.NaN, this.#worths[b] ?? Number.NaN);
  }

  /** Group `b` becomes part of `a`: the evidence against every other group is the weighted mean of both. */
  merge(a: number, b: number): void {
    const [weightA = 0, weightB = 0] = [this.#weights[a], this.#weights[b]];
    for (let other = 0; other < this.#size; other++) {
      const [fromA, fromB] = [this.between(a, other), this.between(b, other)];
      this.#set(a, other, weightedMean(fromA, weightA, fromB, weightB));
    }
    this.#worths[a] = weightedMean(
      this.#worths[a] ?? Number.NaN,
      weightA,
      this.#worths[b] ?? Number.NaN,
      weightB,
    );
    this.#weights[a] = weightA + weightB;
  }

  #set(a: number, b: number, evidence: number): void {
    this.#evidence[a * this.#size + b] = evidence;
    this.#evidence[b * this.#size + a] = evidence;
  }
}

/** Of two values, either of which may be unknown (NaN). */
function weightedMean(a: number, weightA: number, b: number, weightB: number): number {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : (a * weightA + b * weightB) / (weightA + weightB);
}

/** Mean distance of the closest quarter of pairs, whose cosines are given; it sorts them. */
function distanceOfClosest(cosines: Float64Array): number {
  cosines.sort();
  const closest = Math.max(1, Math.floor(cosines.length * CLOSEST_SHARE));
  let sum = 0;
  for (let i = 1; i <= closest; i++) sum += 1 - (cosines[cosines.length - i] as number);
  return sum / closest;
}
