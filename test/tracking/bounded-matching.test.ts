import { describe, expect, it } from '@jest/globals';
import { minCostMatching, type PairCost } from '../../src/tracking/assignment.ts';
import { minCostMatchingByBounds } from '../../src/tracking/bounded-matching.ts';
import { seededRandom } from '../../tools/seeded-random.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('minCostMatchingByBounds', () => {
  /** Random costs, some of them no numbers, and bounds that are nearly exact, useless, or something between. */
  function randomCosts(size: number, loosest: number, likeliest: number, random: () => number) {
    const rows = upTo(size).map((track) =>
      upTo(size).map((detection) => {
        const isLikely = track === detection && random() < likeliest;
        const cost = random() < 0.01 ? Number.NaN : (isLikely ? -4 : 0) + 2 * random();
        const atLeast = Number.isNaN(cost) ? 0 : cost - loosest * random();
        return { cost, atLeast };
      }),
    );
    const cellOf = (track: number, detection: number) => rows[track]?.[detection] ?? { cost: 9, atLeast: 9 };
    const exact: PairCost = (track, detection) => cellOf(track, detection).cost;
    return { exact, atLeast: (track: number, detection: number) => cellOf(track, detection).atLeast };
  }

  it('finds the matching that all exact costs have, however loose the bounds and however many have no partner', () => {
    const random = seededRandom(11);
    for (const loosest of [0, 0.1, 1, 10]) {
      for (const likeliest of [0, 0.5, 0.9, 1]) {
        for (const [tracks, detections] of [
          [1, 1],
          [3, 8],
          [30, 30],
          [40, 25],
        ]) {
          const costs = randomCosts(Math.max(tracks ?? 0, detections ?? 0), loosest, likeliest, random);
          for (const maxCost of [-1, 0.5, 1]) {
            const [rows, columns] = [upTo(tracks ?? 0), upTo(detections ?? 0)];
            expect(minCostMatchingByBounds(rows, () => columns, costs, maxCost)).toEqual(
              minCostMatching(rows, columns, costs.exact, maxCost),
            );
          }
        }
      }
    }
  });

  it('finds it in a crowd in which everybody has a few rivals nearby, and bounds that tell little', () => {
    const random = seededRandom(17);
    for (let round = 0; round < 60; round++) {
      const [tracks, detections] = [upTo(45), upTo(40)].map((them) => them.map(() => 40 * random()));
      const evidence = upTo(45).map(() => upTo(40).map(() => 5 * random()));
      const exact = (t: number, d: number) =>
        ((tracks?.[t] ?? 0) - (detections?.[d] ?? 0)) ** 2 - (evidence[t]?.[d] ?? 0);
      const atLeast = (t: number, d: number) => ((tracks?.[t] ?? 0) - (detections?.[d] ?? 0)) ** 2 - 5;
      const nearby = (t: number) => upTo(40).filter((d) => atLeast(t, d) <= 0);
      expect(minCostMatchingByBounds(upTo(45), nearby, { atLeast, exact }, 0)).toEqual(
        minCostMatching(upTo(45), upTo(40), exact, 0),
      );
    }
  });

  it('works out one cost for everybody where each has a detection that no rival can come near', () => {
    let workedOut = 0;
    const cost = {
      atLeast: (track: number, detection: number) => (track === detection ? -5 : -1),
      exact: (track: number, detection: number) => {
        workedOut += 1;
        return track === detection ? -4 : 0;
      },
    };
    const matches = minCostMatchingByBounds(upTo(50), () => upTo(50), cost, 0);
    expect(matches).toEqual(upTo(50).map((i) => [i, i, -4]));
    expect(workedOut).toBe(50);
  });
});
