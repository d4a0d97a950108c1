/**
 * Scores a tracker's boxes against the truth: CLEAR MOT (Bernardin and Stiefelhagen 2008) and the identity measures of
 * Ristani et al. (arXiv 1609.01775), as the MOTChallenge development kit defines them.
 */
import { iou } from '../src/geometry/box.ts';
import { minCostMatching } from '../src/tracking/assignment.ts';
import type { MotRow } from './mot-files.ts';

/** What was counted over one or more sequences; `addCounts` sums them, `scores` makes ratios of them. */
export interface MotCounts {
  readonly truthBoxes: number;
  readonly resultBoxes: number;
  readonly matches: number;
  /** A true object is matched to another result id than at its last match. */
  readonly switches: number;
  /** Boxes that agree under the best one-to-one assignment of result ids to true ids. */
  readonly identityMatches: number;
  readonly truthIds: number;
  readonly resultIds: number;
}

export interface MotScores {
  readonly mota: number;
  readonly idf1: number;
  readonly recall: number;
  readonly precision: number;
}

/** Overlap from which a result box shows the true object. */
const LEAST_IOU = 0.5;

/** MOT16's person on a vehicle, static person, distractor and reflection: to find them is neither right nor wrong. */
const DISTRACTORS = new Set([2, 7, 8, 12]);
const PEDESTRIAN = 1;

/** Dearer than any number of valid pairs, so that as many pairs as possible are made. */
const NO_PAIR = 1000;

/** @param frames the numbers of the frames that are scored, ascending */
export function countMot(
  truth: readonly MotRow[],
  result: readonly MotRow[],
  frames: readonly number[],
): MotCounts {
  const truthByFrame = Map.groupBy(truth, ({ frame }) => frame);
  const resultByFrame = Map.groupBy(result, ({ frame }) => frame);
  const lastMatch = new Map<number, number>();
  const shared = new Map<number, Map<number, number>>();
  const resultIds = new Set<number>();
  let [truthBoxes, resultBoxes, matches, switches] = [0, 0, 0, 0];

  for (const frame of frames) {
    const everything = truthByFrame.get(frame) ?? [];
    const found = withoutDistractors(everything, resultByFrame.get(frame) ?? []);
    const wanted = everything.filter(isScored);
    truthBoxes += wanted.length;
    resultBoxes += found.length;
    for (const { id } of found) resultIds.add(id);
    for (const { id, box } of wanted) {
      const partners = shared.get(id) ?? new Map<number, number>();
      shared.set(id, partners);
      for (const other of found) {
        if (iou(box, other.box) >= LEAST_IOU) partners.set(other.id, (partners.get(other.id) ?? 0) + 1);
      }
    }
    const pairs = correspondences(wanted, found, lastMatch);
    matches += pairs.length;
    for (const [wantedRow, foundRow] of pairs) {
      const before = lastMatch.get(wantedRow.id);
      if (before !== undefined && before !== foundRow.id) switches += 1;
      lastMatch.set(wantedRow.id, foundRow.id);
    }
  }
  return {
    truthBoxes,
    resultBoxes,
    matches,
    switches,
    identityMatches: bestIdentityMatches(shared, [...resultIds]),
    truthIds: shared.size,
    resultIds: resultIds.size,
  };
}

export function addCounts(parts: readonly MotCounts[]): MotCounts {
  const sum = (pick: (part: MotCounts) => number) => parts.reduce((total, part) => total + pick(part), 0);
  return {
    truthBoxes: sum((part) => part.truthBoxes),
    resultBoxes: sum((part) => part.resultBoxes),
    matches: sum((part) => part.matches),
    switches: sum((part) => part.switches),
    identityMatches: sum((part) => part.identityMatches),
    truthIds: sum((part) => part.truthIds),
    resultIds: sum((part) => part.resultIds),
  };
}

/** Ratios, at most 1; NaN where there is nothing to be right about. */
export function scores(counts: MotCounts): MotScores {
  const { truthBoxes, resultBoxes, matches, switches, identityMatches } = counts;
  const misses = truthBoxes - matches;
  const falseAlarms = resultBoxes - matches;
  return {
    mota: 1 - (misses + falseAlarms + switches) / truthBoxes,
    idf1: (2 * identityMatches) / (truthBoxes + resultBoxes),
    recall: matches / truthBoxes,
    precision: matches / resultBoxes,
  };
}

/** The pairs of one frame: those of the frames before as long as they still overlap, then as many more as possible. */
function correspondences(
  wanted: readonly MotRow[],
  found: readonly MotRow[],
  lastMatch: ReadonlyMap<number, number>,
): [MotRow, MotRow][] {
  const pairs: [MotRow, MotRow][] = [];
  const free = new Map(found.map((row) => [row.id, row]));
  const open: MotRow[] = [];
  for (const row of wanted) {
    const before = free.get(lastMatch.get(row.id) ?? Number.NaN);
    if (before === undefined || iou(row.box, before.box) < LEAST_IOU) {
      open.push(row);
      continue;
    }
    pairs.push([row, before]);
    free.delete(before.id);
  }
  const taken = new Set(pairs.map(([, row]) => row));
  return [
    ...pairs,
    ...overlaps(
      open,
      found.filter((row) => !taken.has(row)),
    ),
  ];
}

/** As many pairs with enough overlap as possible, and among those choices the one with the most overlap. */
function overlaps(wanted: readonly MotRow[], found: readonly MotRow[]): [MotRow, MotRow][] {
  const cost = (i: number, j: number): number => {
    const [a, b] = [wanted[i], found[j]];
    const overlap = a === undefined || b === undefined ? 0 : iou(a.box, b.box);
    return overlap >= LEAST_IOU ? 1 - overlap : NO_PAIR;
  };
  const matches = minCostMatching([...wanted.keys()], [...found.keys()], cost, NO_PAIR);
  return matches.flatMap(([i, j, paid]) => {
    const [a, b] = [wanted[i], found[j]];
    return a === undefined || b === undefined || paid === NO_PAIR ? [] : [[a, b] as [MotRow, MotRow]];
  });
}

function withoutDistractors(truth: readonly MotRow[], found: readonly MotRow[]): readonly MotRow[] {
  if (truth.every(({ objectClass }) => objectClass === null)) return found;
  const ignored = new Set(
    overlaps(truth, found)
      .filter(([{ objectClass }]) => objectClass !== null && DISTRACTORS.has(objectClass))
      .map(([, row]) => row),
  );
  return found.filter((row) => !ignored.has(row));
}

function isScored({ scored, objectClass }: MotRow): boolean {
  return scored && (objectClass ?? PEDESTRIAN) === PEDESTRIAN;
}

/** The most boxes that one assignment of result ids to true ids for the whole sequence can explain. */
function bestIdentityMatches(
  shared: ReadonlyMap<number, ReadonlyMap<number, number>>,
  resultIds: readonly number[],
) {
  const partners = [...shared.values()];
  const cost = (truth: number, result: number) =>
    -(partners[truth]?.get(resultIds[result] ?? Number.NaN) ?? 0);
  const matches = minCostMatching([...partners.keys()], [...resultIds.keys()], cost, 0);
  return matches.reduce((sum, [, , paid]) => sum - paid, 0);
}
