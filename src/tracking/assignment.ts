/** Pairs tracks with detections at the least total cost (Jonker-Volgenant), leaving out the pairs that cost too much. */
import { linearSumAssignment } from 'linear-sum-assignment';
import { Matrix } from 'ml-matrix';

/** Which tracks got which detections; all lists hold indices and ascend. */
export interface Matching {
  readonly matches: readonly (readonly [track: number, detection: number])[];
  readonly unmatchedTracks: readonly number[];
  readonly unmatchedDetections: readonly number[];
}

/** The cost of giving a detection to a track; anything not below the allowed maximum, NaN included, forbids the pair. */
export type PairCost = (track: number, detection: number) => number;

/** What forbidden pairs cost above the maximum: enough to be told apart, too little to outweigh a good pair. */
const FORBIDDEN_MARGIN = 1e-5;

/**
 * The matching with the least total cost among the given tracks and detections. A cost exactly equal to `maxCost` is
 * accepted. Forbidden pairs all cost the same, so that none of them can push a good pair aside.
 */
export function minCostMatching(
  tracks: readonly number[],
  detections: readonly number[],
  costOf: PairCost,
  maxCost: number,
): Matching {
  if (tracks.length === 0 || detections.length === 0) {
    return { matches: [], unmatchedTracks: tracks, unmatchedDetections: detections };
  }
  const costs = tracks.map((track) =>
    Float64Array.from(detections, (detection) => {
      const cost = costOf(track, detection);
      return cost <= maxCost ? cost : maxCost + FORBIDDEN_MARGIN;
    }),
  );
  const { rowAssignments } = linearSumAssignment(new Matrix(costs), { maximaze: false });

  const matches: [number, number][] = [];
  const unmatchedTracks: number[] = [];
  const taken = new Set<number>();
  tracks.forEach((track, row) => {
    const column = rowAssignments[row] ?? -1;
    const cost = costs[row]?.[column];
    const detection = detections[column];
    if (cost === undefined || detection === undefined || cost > maxCost) {
      unmatchedTracks.push(track);
      return;
    }
    matches.push([track, detection]);
    taken.add(detection);
  });
  return {
    matches,
    unmatchedTracks,
    unmatchedDetections: detections.filter((detection) => !taken.has(detection)),
  };
}
