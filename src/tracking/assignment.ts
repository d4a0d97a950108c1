/** Pairs tracks with detections at the least total cost (Jonker-Volgenant), leaving out the pairs that cost too much. */
import { linearSumAssignment } from 'linear-sum-assignment';
import { Matrix } from 'ml-matrix';

/** A track, the detection it got, both by index, and what the pair cost. */
export type Match = readonly [track: number, detection: number, cost: number];

/** Which tracks got which detections; all lists ascend by index. */
export interface Matching {
  readonly matches: readonly Match[];
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
 *
 * Because they do, tracks and detections that no chain of allowed pairs connects never influence each other: each
 * connected part is solved for itself, and a crowd costs little more than its neighbourhoods.
 */
export function minCostMatching(
  tracks: readonly number[],
  detections: readonly number[],
  costOf: PairCost,
  maxCost: number,
): Matching {
  const costs = tracks.map((track) => Float64Array.from(detections, (detection) => costOf(track, detection)));
  const matchOfTrack = new Map<number, number>();
  for (const { rows, columns } of connectedParts(costs, detections.length, maxCost)) {
    for (const [row, column] of solve(costs, rows, columns, maxCost)) matchOfTrack.set(row, column);
  }
  const taken = new Set(matchOfTrack.values());
  return {
    matches: tracks.flatMap((track, row) => {
      const column = matchOfTrack.get(row) ?? -1;
      const [detection, cost] = [detections[column], costs[row]?.[column]];
      return detection === undefined || cost === undefined ? [] : [[track, detection, cost] as const];
    }),
    unmatchedTracks: tracks.filter((_, row) => !matchOfTrack.has(row)),
    unmatchedDetections: detections.filter((_, column) => !taken.has(column)),
  };
}

interface Part {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** The groups of rows and columns that allowed pairs hold together; rows and columns without any are left out. */
function connectedParts(costs: readonly Float64Array[], columnCount: number, maxCost: number): Part[] {
  const isAllowed = (row: number, column: number) => (costs[row]?.[column] ?? Number.NaN) <= maxCost;
  const openColumns = new Set(Array.from({ length: columnCount }, (_, column) => column));
  const openRows = new Set(costs.keys());
  return [...costs.keys()].flatMap((start) => {
    if (!openRows.delete(start)) return [];
    const rows = [start];
    const columns: number[] = [];
    for (const row of rows) {
      for (const column of openColumns) {
        if (!isAllowed(row, column)) continue;
        openColumns.delete(column);
        columns.push(column);
        for (const other of openRows)
          if (isAllowed(other, column) && openRows.delete(other)) rows.push(other);
      }
    }
    return columns.length === 0 ? [] : [{ rows: rows.sort(ascending), columns: columns.sort(ascending) }];
  });
}

/** The pairs of one part, as [row, column]. */
function solve(
  costs: readonly Float64Array[],
  rows: readonly number[],
  columns: readonly number[],
  maxCost: number,
): [number, number][] {
  const allowed = (row: number, column: number): number => {
    const cost = costs[row]?.[column] ?? Number.NaN;
    return cost <= maxCost ? cost : maxCost + FORBIDDEN_MARGIN;
  };
  const [row, column] = [rows[0], columns[0]];
  if (rows.length === 1 && columns.length === 1 && row !== undefined && column !== undefined) {
    return [[row, column]];
  }
  const matrix = new Matrix(rows.map((r) => columns.map((c) => allowed(r, c))));
  const { rowAssignments } = linearSumAssignment(matrix, { maximaze: false });
  return rows.flatMap((r, i) => {
    const c = columns[rowAssignments[i] ?? -1];
    return c === undefined || allowed(r, c) > maxCost ? [] : [[r, c] as [number, number]];
  });
}

function ascending(a: number, b: number): number {
  return a - b;
}
