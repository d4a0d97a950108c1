/** Scores the identities of the whole pipeline on edited videos in which it is known who is who. */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, parse } from 'node:path';
import { type CompletedResult, completedResultSchema, type ResultFrame } from '../src/contract/result.ts';
import { decimal } from '../src/decimal.ts';
import type { DetectionPool } from '../src/pipeline/detection-pool.ts';
import { withTempFolder } from '../src/worker/temp-folder.ts';
import { countMot, type MotCounts } from './clear-mot.ts';
import { invalidLine } from './invalid-line.ts';
import type { MotRow } from './mot-files.ts';

/** One face of a table; frames are numbered by `frameNumber`. */
export interface FaceRow extends MotRow {
  /** How sure the detector was that saw it, 0..1. */
  readonly score: number;
}

/** A video with the faces seen in it at fixed times. */
export interface FaceVideo {
  readonly name: string;
  readonly file: string;
  readonly truth: readonly FaceRow[];
}

/** How often truth was written down. */
export const TRUTH_PER_SECOND = 2;
const TRUTH_INTERVAL_MS = 1000 / TRUTH_PER_SECOND;

/** First line of every table of faces. */
const FACE_TABLE_HEADER = 'time_s,x,y,w,h,person,score';

/** Columns before the person, all of them numbers; the score comes behind. */
const NUMBERS = 5;

/** What may lie beside a video under its name: tables of faces and results. */
const TABLE_ENDINGS: ReadonlySet<string> = new Set(['.csv', '.json']);

/** Pairs each `NAME.csv` (columns time_s, x, y, w, h, person, score) with the video NAME of the media folder. */
export function readFaceVideos(directory: string, mediaDirectory: string): FaceVideo[] {
  const media = readdirSync(mediaDirectory);
  const tables = readdirSync(directory).filter((name) => name.endsWith('.csv'));
  return tables.sort().flatMap((table) => {
    const name = basename(table, '.csv');
    const video = media.find((file) => parse(file).name === name && !TABLE_ENDINGS.has(parse(file).ext));
    if (video === undefined) return [];
    const path = join(directory, table);
    const truth = parseFaceTable(readFileSync(path, 'utf8'), path);
    return [{ name, file: join(mediaDirectory, video), truth }];
  });
}

/**
 * @param file names the text in errors
 * @throws WorkerError CONFIG_INVALID naming the line that is not as the header or a row of a face table shall be
 */
export function parseFaceTable(text: string, file: string): FaceRow[] {
  const people = new Map<string, number>();
  const [header = '', ...lines] = text.split('\n').map((line) => line.trim());
  if (header !== FACE_TABLE_HEADER) throw invalidLine(file, 1, `it is not the header ${FACE_TABLE_HEADER}`);
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    const columns = line.split(',');
    const [time = Number.NaN, x = Number.NaN, y = Number.NaN, width = Number.NaN, height = Number.NaN] =
      columns.slice(0, NUMBERS).map(decimal);
    const [person = '', score = ''] = columns.slice(NUMBERS);
    const numbers = [time, x, y, width, height, decimal(score)];
    if (person === '' || !numbers.every(Number.isFinite)) {
      throw invalidLine(
        file,
        index + 2,
        `it is no row of ${NUMBERS} numbers, a person and a score, ${FACE_TABLE_HEADER}`,
      );
    }
    const id = people.get(person) ?? people.size + 1;
    people.set(person, id);
    return {
      frame: frameNumber(time * 1000),
      id,
      box: { x, y, width, height },
      score: decimal(score),
      scored: true,
      objectClass: null,
    };
  });
}

/** The result of the whole pipeline for a video. */
export async function analyseFaces(
  { name, file }: FaceVideo,
  framesPerSecond: number,
  pool: DetectionPool,
): Promise<CompletedResult> {
  const request = {
    jobId: name,
    file,
    frameIntervalSeconds: 1 / framesPerSecond,
    detectFaces: true,
    detectPoses: true,
  };
  const { signal } = new AbortController();
  return await withTempFolder(tmpdir(), async (folder) => {
    const { json } = await pool.analyse({ ...request, folder }, () => undefined, signal);
    return parseResult(await json.text());
  });
}

/** @throws ZodError when the text is no completed result */
export function parseResult(json: string): CompletedResult {
  return completedResultSchema.parse(JSON.parse(json));
}

/** Counts over a finished result, at the times the truth was written down. A face without a track is nobody's. */
export function countResult({ frames }: CompletedResult, truth: readonly MotRow[]): MotCounts {
  const scored = nearestToTruth(frames);
  const found = [...scored].flatMap(([frame, { faces }]) =>
    faces.flatMap(({ track_id: id, bbox: box }) =>
      id === null ? [] : [{ frame, id, box, scored: true, objectClass: null }],
    ),
  );
  return countMot(truth, found, [...scored.keys()]);
}

/** For each half second, by its number, the picture that lies nearest; more than two a second were looked at, but not written down. */
function nearestToTruth(frames: readonly ResultFrame[]): Map<number, ResultFrame> {
  const offset = ({ timestamp_ms: timeMs }: ResultFrame) =>
    Math.abs(timeMs - TRUTH_INTERVAL_MS * Math.round(timeMs / TRUTH_INTERVAL_MS));
  const nearest = new Map<number, ResultFrame>();
  for (const frame of frames) {
    const number = frameNumber(frame.timestamp_ms);
    const known = nearest.get(number);
    if (known === undefined || offset(frame) < offset(known)) nearest.set(number, frame);
  }
  return nearest;
}

/** The number of the half second a picture is scored in. */
export function frameNumber(timeMs: number): number {
  return Math.round(timeMs / TRUTH_INTERVAL_MS) + 1;
}
