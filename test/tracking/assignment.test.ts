import { describe, expect, it } from '@jest/globals';
import { minCostMatching } from '../../src/tracking/assignment.ts';
import { readGolden } from './golden.ts';

interface Golden {
  readonly min_cost_matching: readonly {
    readonly name: string;
    readonly cost: readonly (readonly number[])[];
    readonly max_distance: number;
    readonly track_indices: readonly number[];
    readonly detection_indices: readonly number[];
    readonly matches: readonly (readonly [number, number])[];
  }[];
}

describe('minCostMatching', () => {
  it.each(readGolden<Golden>('assignment').min_cost_matching)(
    'solves "$name" as the golden run does',
    (example) => {
      const matches = minCostMatching(
        example.track_indices,
        example.detection_indices,
        (track, detection) => example.cost[track]?.[detection] ?? Number.NaN,
        example.max_distance,
      );
      expect(matches.map(([track, detection]) => [track, detection])).toEqual(example.matches);
    },
  );

  it('leaves everything unmatched where there is nothing on one side', () => {
    expect(minCostMatching([0, 1], [], () => 0, 1)).toEqual([]);
  });

  it('never makes a pair whose cost is not a number', () => {
    expect(minCostMatching([0], [0], () => Number.NaN, 1)).toEqual([]);
  });

  it('finds the least total cost of a large problem with a known answer', () => {
    const size = 200;
    const partner = (track: number) => (track * 7 + 3) % size;
    const cost = (track: number, detection: number) =>
      partner(track) === detection ? 0.1 : 0.5 + ((track * 31 + detection * 17) % 97) / 100;
    const all = Array.from({ length: size }, (_, i) => i);
    const matches = minCostMatching(all, all, cost, 2);
    expect(matches).toEqual(all.map((track) => [track, partner(track), 0.1]));
  });
});
