/** Reads the text files of the MOT benchmarks (https://motchallenge.net/instructions): ground truth and results. */
import { readFileSync } from 'node:fs';
import type { Tlwh } from '../src/geometry/box.ts';

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
const LAST_CLASS = 12;

/** Rows `frame,id,x,y,w,h[,flag[,class,visibility]]`, separated by commas or blanks. */
export function parseMotRows(text: string): MotRow[] {
  const lines = text.split('\n').map((line) => line.trim());
  const rows = lines.filter((line) => line !== '').map((line) => line.split(/[,;\s]+/).map(Number));
  const hasClasses = rows.length > 0 && rows.every(isClassRow);
  return rows.map(([frame = 0, id = 0, x = 0, y = 0, width = 0, height = 0, flag = 1, objectClass = 1]) => ({
    frame,
    id,
    box: { x, y, width, height },
    scored: flag !== 0,
    objectClass: hasClasses ? objectClass : null,
  }));
}

export function readMotFile(path: string): MotRow[] {
  return parseMotRows(readFileSync(path, 'utf8'));
}

/** Columns 8 and 9 are a class and a visibility; in older files they are -1 or world coordinates. */
function isClassRow(values: readonly number[]): boolean {
  const [objectClass = Number.NaN, visibility = Number.NaN] = values.slice(7);
  const isClass = Number.isInteger(objectClass) && objectClass >= FIRST_CLASS && objectClass <= LAST_CLASS;
  return isClass && visibility >= 0 && visibility <= 1;
}
