/** The same matching as `minCostMatching` where costs are dear to work out: mostly what the pairs cost at least tells enough. */
import { FORBIDDEN_MARGIN, type Match, type PairCost } from './assignment.ts';
import { PriorityQueue } from './priority-queue.ts';

export interface BoundedCost {
  /** Never more than the exact cost, and much cheaper to have. */
  readonly atLeast: PairCost;
  readonly exact: PairCost;
}

interface Row {
  readonly track: number;
  readonly pairs: Pair[];
  match: Pair | null;
  /** Distance of the search under way from its start to the row, without what the row's pairs cost. */
  distance: number;
}

interface Column {
  /** Null for the column of one track alone, in which it is without a detection. */
  readonly detection: number | null;
  /** The dual variable: never above 0, and 0 while nobody has the column. */
  price: number;
  match: Pair | null;
}

interface Pair {
  readonly row: Row;
  readonly column: Column;
  /** A bound until it is exact; Infinity for what turned out to be forbidden. */
  cost: number;
  isExact: boolean;
}

/** The columns that a search has come to, in the order of their distance from its start, and by which pair. */
type Reached = Map<Column, { readonly by: Pair; readonly distance: number }>;

/**
 * Shortest augmenting paths (Jonker and Volgenant) over the pairs alone that may be allowed. A search takes bounds for costs; only
 * where it would go on by a pair is the exact cost worked out, and the pair waits for its turn again. So most tracks need the
 * exact cost of one pair, and a search is no longer than the track has rivals nearby.
 *
 * @param candidatesOf the detections of which a track may get one
 * @returns ascending by track, as the tracks are given; of several best matchings not always the one that `minCostMatching` takes
 */
export function minCostMatchingByBounds(
  tracks: readonly number[],
  candidatesOf: (track: number) => readonly number[],
  { atLeast, exact }: BoundedCost,
  maxCost: number,
): Match[] {
  const columns = new Map<number, Column>();
  const rows = tracks.map((track) => {
    const row: Row = { track, pairs: [], match: null, distance: 0 };
    for (const detection of candidatesOf(track)) {
      const cost = atLeast(track, detection);
      if (!(cost <= maxCost)) continue;
      const column = columns.get(detection) ?? { detection, price: 0, match: null };
      columns.set(detection, column);
      row.pairs.push({ row, column, cost, isExact: false });
    }
    return row;
  });
  const workOut = (pair: Pair): void => {
    const cost = exact(pair.row.track, pair.column.detection ?? Number.NaN);
    pair.cost = cost <= maxCost ? cost : Infinity;
    pair.isExact = true;
  };
  for (const row of byGain(rows)) augment(row, workOut, maxCost + FORBIDDEN_MARGIN);
  return rows.flatMap(({ track, match }): Match[] => {
    const detection = match?.column.detection ?? null;
    return match === null || detection === null ? [] : [[track, detection, match.cost]];
  });
}

/** Who has most to gain chooses first: what others would get in vain is dear then, and need not be worked out. */
function byGain(rows: readonly Row[]): Row[] {
  const leastCosts = rows.map(({ pairs }) =>
    pairs.reduce((least, { cost }) => Math.min(least, cost), Infinity),
  );
  return [...rows.keys()]
    .filter((i) => leastCosts[i] !== Infinity)
    .sort((a, b) => (leastCosts[a] as number) - (leastCosts[b] as number))
    .map((i) => rows[i] as Row);
}

/** Gives a track its column, and another one to each that has to give way, at the least rise of the total cost. */
function augment(start: Row, workOut: (pair: Pair) => void, aloneCost: number): void {
  const queue = new PriorityQueue<Pair>();
  const reached: Reached = new Map();
  /** Here the search ends at the latest, with a track left alone. */
  let furthest = Infinity;
  const goOnFrom = (row: Row, distance: number): void => {
    row.distance = distance;
    if (distance + aloneCost < furthest) {
      furthest = distance + aloneCost;
      const column = { detection: null, price: 0, match: null };
      queue.push({ row, column, cost: aloneCost, isExact: true }, furthest);
    }
    for (const pair of row.pairs) {
      const next = distanceBy(pair);
      if (next < furthest && !reached.has(pair.column)) queue.push(pair, next);
    }
  };
  goOnFrom(start, 0);
  for (;;) {
    const distance = queue.leastKey;
    const pair = queue.pop();
    if (pair === undefined) return;
    const { column } = pair;
    if (reached.has(column)) continue;
    const isBound = !pair.isExact;
    if (isBound && !raisePrice(column, aloneCost)) workOut(pair);
    if (isBound || distanceBy(pair) > distance) {
      queue.push(pair, distanceBy(pair));
      continue;
    }
    reached.set(column, { by: pair, distance });
    if (column.match === null) {
      // As dear as can be without making another path the shortest: it spares the others the trying.
      const next = Math.min(furthest, queue.leastKey);
      for (const [each, { distance: nearer }] of reached) each.price -= next - nearer;
      rematch(pair, start, reached);
      return;
    }
    goOnFrom(column.match.row, distance - (column.match.cost - column.price));
  }
}

function distanceBy({ row, cost, column }: Pair): number {
  return row.distance + cost - column.price;
}

/** Makes a column as dear as it is to its track, which has got no dearer columns than it had; false where it is that dear. */
function raisePrice(column: Column, aloneCost: number): boolean {
  const { match } = column;
  if (match === null) return false;
  let next = aloneCost;
  for (const other of match.row.pairs) {
    if (other !== match) next = Math.min(next, other.cost - other.column.price);
  }
  const price = match.cost - next;
  if (!(price < column.price)) return false;
  column.price = price;
  return true;
}

/** Along the path from its end to the start, every track leaves its column to the one before and takes the next. */
function rematch(end: Pair, start: Row, reached: Reached): void {
  for (let pair: Pair | undefined = end; pair !== undefined; ) {
    const { row, column }: Pair = pair;
    const left: Pair | null = row.match;
    row.match = pair;
    column.match = pair;
    pair = row === start || left === null ? undefined : reached.get(left.column)?.by;
  }
}
