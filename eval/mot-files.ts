/** Reads the text files of the MOT benchmarks (https://motchallenge.net/instructions): ground truth and results. */
import { readFileSync } from 'node:fs';
import { decimal } from '../src/decimal.ts';
import type { Tlwh } from '../src/geometry/box.ts';
import { invalidLine } from './invalid-line.ts';

/** One box of one object in one frame. */
export interface MotRow {
  /** 1-based. */
  readonly frame: number;
  readonly id: number;
  /** Pixels. */
  readonly box: Tlwh;
  /** Ground truth: false for rows that are not scored. */
  readonly scored: boolean;
  /** Ground truth of MOT16 and later: the kind of object, 1 for a pedestrian; null elsewhere. */
  readonly objectClass: number | null;
}

const FIRST_CLASS = 1;
/** MOT20's crowd; MOT16 and MOT17 end with 12. */
const LAST_CLASS = 13;

/** Frame, id and box: what every row has. */
const NEEDED_VALUES = 6;

/** Values of a row with a class. Where there are more, the last three are world coordinates. */
const VALUES_WITH_CLASS = 9;

/** The values of one line of a file. */
interface Line {
  /** 1-based. */
  readonly number: number;
  readonly values: readonly number[];
}

/**
 * Rows `frame,id,x,y,w,h[,flag[,class,visibility]]`, separated by commas or blanks.
 * @param file names the text in errors
 * @throws WorkerError CONFIG_INVALID naming the line that is no row, or has no class where others have one
 */
export function parseMotRows(text: string, file: string): MotRow[] {
  const lines = text.split('\n').flatMap((line, index) => readLine(line.trim(), index + 1, file) ?? []);
  const hasClasses = lines.length > 0 && lines.every(({ values }) => isClassRow(values));
  if (!hasClasses) refuseSomeClasses(lines, file);
  return lines.map(
    ({ values: [frame = 0, id = 0, x = 0, y = 0, width = 0, height = 0, flag = 1, objectClass = 1] }) => ({
      frame,
      id,
      box: { x, y, width, height },
      scored: flag !== 0,
      objectClass: hasClasses ? objectClass : null,
    }),
  );
}

/** @throws WorkerError CONFIG_INVALID naming file and line */
export function readMotFile(path: string): MotRow[] {
  return parseMotRows(readFileSync(path, 'utf8'), path);
}

/** Null for a blank line. */
function readLine(line: string, number: number, file: string): Line | null {
  if (line === '') return null;
  const values = line.split(/\s*[,;]\s*|\s+/).map(decimal);
  const used = values.slice(0, NEEDED_VALUES + 1);
  if (used.length >= NEEDED_VALUES && used.every(Number.isFinite)) return { number, values };
  throw invalidLine(file, number, 'it is no row of numbers frame,id,x,y,w,h[,flag[,class,visibility]]');
}

/** Without its classes a file is scored quite differently: one odd row must not take them from all others. */
function refuseSomeClasses(lines: readonly Line[], file: string): void {
  const withClass = lines.filter(({ values }) => values.length === VALUES_WITH_CLASS && isClassRow(values));
  const odd = lines.find(({ values }) => !isClassRow(values));
  if (withClass.length === 0 || odd === undefined) return;
  throw invalidLine(
    file,
    odd.number,
    `it has no class from ${FIRST_CLASS} to ${LAST_CLASS} and visibility from 0 to 1, which other rows have`,
  );
}

/** Columns 8 and 9 are a class and a visibility; in older files they are -1 or world coordinates. */
function isClassRow(values: readonly number[]): boolean {
  const [objectClass = Number.NaN, visibility = Number.NaN] = values.slice(7);
  const isClass = Number.isInteger(objectClass) && objectClass >= FIRST_CLASS && objectClass <= LAST_CLASS;
  return isClass && visibility >= 0 && visibility <= 1;
}
