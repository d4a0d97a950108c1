/** DeepSORT's matching cascade (arXiv 1703.07402, listing 1): who was seen more recently chooses first. */
import { type Match, type Matching, minCostMatching, type PairCost } from './assignment.ts';

/**
 * Matches the tracks level by level, the n-th level holding those last seen n frames ago, each with what the levels before
 * left over. Without it a long lost track, whose uncertainty covers half the picture, would win against a fresh one.
 *
 * @param timeSinceUpdate frames since a track was last seen, by track index; 1 is the frame before
 * @param depth the last level: tracks lost for longer stay unmatched
 */
export function matchingCascade(
  tracks: readonly number[],
  detections: readonly number[],
  timeSinceUpdate: (track: number) => number,
  costOf: PairCost,
  maxCost: number,
  depth: number,
): Matching {
  const levels = Map.groupBy(tracks, timeSinceUpdate);
  const matches: Match[] = [];
  let unmatchedDetections = detections;
  for (const level of [...levels.keys()].sort((a, b) => a - b)) {
    if (level > depth || unmatchedDetections.length === 0) break;
    const matching = minCostMatching(levels.get(level) ?? [], unmatchedDetections, costOf, maxCost);
    matches.push(...matching.matches);
    unmatchedDetections = matching.unmatchedDetections;
  }
  const matched = new Set(matches.map(([track]) => track));
  return {
    matches: matches.sort(([a], [b]) => a - b),
    unmatchedTracks: tracks.filter((track) => !matched.has(track)),
    unmatchedDetections,
  };
}
