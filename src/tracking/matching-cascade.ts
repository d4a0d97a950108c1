/** DeepSORT's matching cascade (arXiv 1703.07402, listing 1): who was seen more recently chooses first. */
import { type Match, minCostMatching, type PairCost } from './assignment.ts';

/**
 * Matches the tracks level by level, the n-th level holding those last seen n frames ago, each with what the levels before
 * left over. Without it a long lost track, whose uncertainty covers half the picture, would win against a fresh one.
 *
 * @param timeSinceUpdate frames since a track was last seen, by track index; 1 is the frame before
 * @param depth the last level: tracks lost for longer stay unmatched
 * @returns ascending by track
 */
export function matchingCascade(
  tracks: readonly number[],
  detections: readonly number[],
  timeSinceUpdate: (track: number) => number,
  costOf: PairCost,
  maxCost: number,
  depth: number,
): Match[] {
  const levels = Map.groupBy(tracks, timeSinceUpdate);
  const matches: Match[] = [];
  let rest = detections;
  for (const level of [...levels.keys()].sort((a, b) => a - b)) {
    if (level > depth || rest.length === 0) break;
    const found = minCostMatching(levels.get(level) ?? [], rest, costOf, maxCost);
    matches.push(...found);
    const taken = new Set(found.map(([, detection]) => detection));
    rest = rest.filter((detection) => !taken.has(detection));
  }
  return matches.sort(([a], [b]) => a - b);
}
