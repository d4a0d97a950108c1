/** Pairs tracks with detections at the least total cost (Jonker-Volgenant), leaving out the pairs that cost too much. */
import { linearSumAssignment } from 'linear-sum-assignment';
import { Matrix } from 'ml-matrix';

/** A track, the detection it got, both by index, and what the pair cost. */
export type Match = readonly [track: number, detection: number, cost: number];

/** The cost of giving a detection to a track; anything not below the allowed maximum, NaN included, forbids the pair. */
export type PairCost = (track: number, detection: number) => number;

/** What forbidden pairs cost above the maximum: enough to be told apart, too little to outweigh a good pair. */
export const FORBIDDEN_MARGIN = 1e-5;

/** What pairs cost, by track and then by detection; a pair that is missing is forbidden. */
export type AllowedCosts = ReadonlyMap<number, ReadonlyMap<number, number>>;

/**
 * The matching with the least total cost among the given tracks and detections. A cost exactly equal to `maxCost` is
 * accepted. Forbidden pairs all cost the same, so that none of them can push a good pair aside.
 * @returns ascending by track
 */
export function minCostMatching(
  tracks: readonly number[],
  detections: readonly number[],
  costOf: PairCost,
  maxCost: number,
): Match[] {
  return matchAllowed(allowedCosts(tracks, detections, costOf, maxCost), maxCost);
}

/** The pairs that cost no more than the maximum, by track and then by detection. */
function allowedCosts(
  tracks: readonly number[],
  detections: readonly number[],
  costOf: PairCost,
  maxCost: number,
): AllowedCosts {
  const costs = new Map<number, Map<number, number>>();
  for (const track of tracks) {
    const allowed = new Map<number, number>();
    for (const detection of detections) {
      const cost = costOf(track, detection);
      if (cost <= maxCost) allowed.set(detection, cost);
    }
    if (allowed.size > 0) costs.set(track, allowed);
  }
  return costs;
}

/**
 * The same where most pairs need not even be looked at.
 *
 * Because forbidden pairs all cost the same, tracks and detections that no chain of allowed pairs connects never influence each other:
 * each connected part is solved for itself, and a crowd costs little more than its neighbourhoods.
 * @returns ascending by track
 */
export function matchAllowed(costs: AllowedCosts, maxCost: number): Match[] {
  return connectedParts(costs)
    .flatMap((part) => solve(costs, part, maxCost))
    .sort(([a], [b]) => a - b);
}

/** Tracks and detections that allowed pairs hold together, each ascending. */
interface Part {
  readonly tracks: readonly number[];
  readonly detections: readonly number[];
}

function connectedParts(costs: AllowedCosts): Part[] {
  const tracksOf = new Map<number, number[]>();
  for (const [track, allowed] of costs) {
    for (const detection of allowed.keys()) {
      const tracks = tracksOf.get(detection);
      if (tracks === undefined) tracksOf.set(detection, [track]);
      else tracks.push(track);
    }
  }
  const seen = new Set<number>();
  return [...costs.keys()].flatMap((start) => {
    if (seen.has(start)) return [];
    seen.add(start);
    const tracks = [start];
    const detections = new Set<number>();
    for (const track of tracks) {
      for (const detection of costs.get(track)?.keys() ?? []) {
        if (detections.has(detection)) continue;
        detections.add(detection);
        for (const rival of tracksOf.get(detection) ?? []) {
          if (seen.has(rival)) continue;
          seen.add(rival);
          tracks.push(rival);
        }
      }
    }
    return [{ tracks: tracks.sort(ascending), detections: [...detections].sort(ascending) }];
  });
}

/** The best matching of one part. */
function solve(costs: AllowedCosts, { tracks, detections }: Part, maxCost: number): Match[] {
  const toMatch = (track: number, detection: number | undefined): Match[] => {
    const cost = detection === undefined ? undefined : costs.get(track)?.get(detection);
    return detection === undefined || cost === undefined ? [] : [[track, detection, cost]];
  };
  const [track] = tracks;
  if (tracks.length === 1 && detections.length === 1 && track !== undefined) {
    return toMatch(track, detections[0]);
  }
  const columns = new Map(detections.map((detection, column) => [detection, column]));
  const matrix = new Matrix(tracks.length, detections.length).fill(maxCost + FORBIDDEN_MARGIN);
  for (const [row, t] of tracks.entries()) {
    for (const [d, cost] of costs.get(t) ?? []) matrix.set(row, columns.get(d) ?? Number.NaN, cost);
  }
  const { rowAssignments } = linearSumAssignment(matrix, { maximaze: false });
  return tracks.flatMap((t, row) => toMatch(t, detections[rowAssignments[row] ?? -1]));
}

function ascending(a: number, b: number): number {
  return a - b;
}
