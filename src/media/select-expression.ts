/** Writes the expression with which ffmpeg's `select` filter lets exactly the wanted pictures pass (ffmpeg-filters(1), select; ffmpeg-utils(1), expressions). */

/** Times in equal steps: `count` of them, `step` ticks apart. */
interface Run {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

/**
 * An expression that is non-zero for the given times and zero for all others. Regular stretches become one term each, and the terms the
 * leaves of a balanced tree, so that a picture costs log2(terms) comparisons and a constant frame rate costs one.
 * @param ptsTicks wanted times in the ticks the filter sees, ascending
 */
export function selectExpression(ptsTicks: ArrayLike<number>): string {
  const runs = runsOf(ptsTicks);
  return runs.length === 0 ? '0' : tree(runs);
}

function tree(runs: readonly Run[]): string {
  const [first, second] = runs;
  if (first === undefined) return '0';
  if (second === undefined) return term(first);
  const middle = runs.length >> 1;
  const boundary = runs[middle]?.first;
  return `if(lt(pts,${boundary}),${tree(runs.slice(0, middle))},${tree(runs.slice(middle))})`;
}

function term({ first, step, count }: Run): string {
  if (count === 1) return `eq(pts,${first})`;
  return `between(pts,${first},${first + step * (count - 1)})*not(mod(${elapsed(first)},${step}))`;
}

/** Ticks since `first`; ffmpeg knows no double minus. */
function elapsed(first: number): string {
  if (first === 0) return 'pts';
  return first > 0 ? `pts-${first}` : `pts+${-first}`;
}

/** Cuts ascending times greedily into the longest regular stretches. */
function runsOf(times: ArrayLike<number>): Run[] {
  const runs: Run[] = [];
  let start = 0;
  while (start < times.length) {
    const first = at(times, start);
    const step = start + 1 < times.length ? at(times, start + 1) - first : 0;
    let end = start + 1;
    while (end < times.length && at(times, end) - at(times, end - 1) === step) end++;
    // A pair is no regularity: its second time may begin a longer run.
    const count = end - start > 2 || end === times.length ? end - start : 1;
    runs.push({ first, step, count });
    start += count;
  }
  return runs;
}

function at(times: ArrayLike<number>, index: number): number {
  return times[index] ?? Number.NaN;
}
