/** The same matching as `minCostMatching` where costs are dear to work out: mostly what the pairs cost at least tells enough. */
import {
  allowedCosts,
  connectedParts,
  type Match,
  type MutableCosts,
  matchAllowed,
  type PairCost,
  type Part,
  solve,
} from './assignment.ts';

export interface BoundedCost {
  /** Never more than the exact cost, and much cheaper to have. */
  readonly atLeast: PairCost;
  readonly exact: PairCost;
}

/** Where so large a share of the detections is in doubt, bounds would tell them apart only after many tries. */
const MOST_DOUBT = 0.1;
const MOST_TRIES = 3;

/**
 * A matching by bounds is the best one as soon as every pair in it costs no more than its bound. So exact costs are worked out of the
 * pair that promises most to each track, and of all pairs of the few detections that this leaves in doubt; of all pairs where
 * these are many.
 * @returns ascending by track; of several best matchings not always the one that `minCostMatching` takes
 */
export function minCostMatchingByBounds(
  tracks: readonly number[],
  detections: readonly number[],
  { atLeast, exact }: BoundedCost,
  maxCost: number,
): Match[] {
  const bounds = allowedCosts(tracks, detections, atLeast, maxCost);
  return connectedParts(bounds)
    .flatMap((part) => matchPart(part, bounds, exact, maxCost))
    .sort(([a], [b]) => a - b);
}

/** @param costs bounds; those that are worked out become exact */
function matchPart(part: Part, costs: MutableCosts, exact: PairCost, maxCost: number): Match[] {
  const workedOut = new Map(part.tracks.map((track) => [track, new Set<number>()]));
  const isExact = (track: number, detection: number) => workedOut.get(track)?.has(detection) === true;
  const workOut = (track: number, detection: number): void => {
    if (costs.get(track)?.has(detection) !== true || isExact(track, detection)) return;
    workedOut.get(track)?.add(detection);
    const cost = exact(track, detection);
    if (cost <= maxCost) costs.get(track)?.set(detection, cost);
    else costs.get(track)?.delete(detection);
  };
  const promises = part.tracks.map((track) => [track, cheapest(costs.get(track))] as const);
  for (const [track, detection] of promises) workOut(track, detection);
  const kept = promises.filter(([track, detection]) => cheapest(costs.get(track)) === detection);
  const promised = new Set(kept.map(([, detection]) => detection));

  let inDoubt = part.detections.filter((detection) => !promised.has(detection));
  for (let tries = 0; tries < MOST_TRIES && inDoubt.length <= MOST_DOUBT * part.detections.length; tries++) {
    for (const detection of inDoubt) for (const track of part.tracks) workOut(track, detection);
    const matches = solve(costs, part, maxCost);
    inDoubt = matches.flatMap(([track, detection]) => (isExact(track, detection) ? [] : [detection]));
    if (inDoubt.length === 0) return matches;
  }
  const costOf: PairCost = (track, detection) => {
    const cost = costs.get(track)?.get(detection) ?? Infinity;
    return cost === Infinity || isExact(track, detection) ? cost : exact(track, detection);
  };
  return matchAllowed(allowedCosts(part.tracks, part.detections, costOf, maxCost), maxCost);
}

/** The detection that costs a track least; -1 where all are forbidden. */
function cheapest(costs: ReadonlyMap<number, number> | undefined): number {
  let [detection, least] = [-1, Infinity];
  for (const [other, cost] of costs ?? []) if (cost < least) [detection, least] = [other, cost];
  return detection;
}
