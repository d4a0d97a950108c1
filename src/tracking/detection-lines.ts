/** Reads detections in the line format of the tracking benchmarks: one JSON object per frame. */

import { z } from 'zod';
import { WorkerError } from '../errors.ts';
import type { Size } from '../geometry/box.ts';
import { type Detection, toDetection } from './detection.ts';
import { DetectionRules } from './observation-validation.ts';
import { LEAST_INTERVAL_MS } from './sampling-rate.ts';

/** One frame of a detection file. */
export interface DetectionFrame {
  /** The frame's number, as it shall stand in the result. */
  readonly number: number;
  readonly timeMs: number;
  readonly detections: readonly Detection[];
}

const lineSchema = z.object({
  n: z.int(),
  t: z.number(),
  dets: z.array(
    z.object({
      box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
      score: z.number(),
      feature: z.array(z.number()).nullish(),
    }),
  ),
});

/** Times of day since 1970 differ by so much, as binary fractions of seconds, from what they shall be. */
const CLOCK_NOISE_MS = 0.001;

/** Pixels; boxes outside it are refused, none where it is not known (null). */
type Picture = Size | null;

/**
 * Lines `{"n": 1, "t": 0.04, "dets": [{"box": [x, y, w, h], "score": 0.9, "feature": [..]}]}`, n and t (seconds)
 * ascending, t by 1 ms at least, boxes in pixels, features optional and of any one length.
 * @throws WorkerError DETECTIONS_INVALID naming the line
 */
export function parseDetectionLines(text: string, picture: Picture = null): DetectionFrame[] {
  const reader = new DetectionLineReader(picture);
  return text.split('\n').flatMap((line) => reader.read(line) ?? []);
}

/** The same of a text that comes in pieces, cut anywhere: it may be longer than a string can be. */
export async function readDetectionLines(
  pieces: AsyncIterable<string>,
  picture: Picture = null,
): Promise<DetectionFrame[]> {
  const reader = new DetectionLineReader(picture);
  const frames: DetectionFrame[] = [];
  for await (const line of linesOf(pieces)) {
    const frame = reader.read(line);
    if (frame !== null) frames.push(frame);
  }
  return frames;
}

/** Lines without their \n. The pieces of a long one are joined once, when it is whole: joined as they come, they would be copied over and over. */
async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let open: string[] = [];
  for await (const piece of pieces) {
    const [end = '', ...rest] = piece.split('\n');
    open.push(end);
    if (rest.length === 0) continue;
    yield open.join('');
    open = [rest.pop() ?? ''];
    yield* rest;
  }
  yield open.join('');
}

/** Is shown the lines one after the other. */
class DetectionLineReader {
  readonly #rules: DetectionRules;
  #lines = 0;
  #previousNumber = -Infinity;
  #previousMs = -Infinity;

  constructor(picture: Picture) {
    this.#rules = new DetectionRules(picture);
  }

  /** The frame of the next line; null for a blank one. */
  read(line: string): DetectionFrame | null {
    const i = ++this.#lines;
    // Some programs begin a file with a byte order mark.
    const content = i === 1 ? line.replace(/^\uFEFF/, '') : line;
    if (content.trim() === '') return null;
    const { n, t, dets } = parseLine(content, i);
    const timeMs = t * 1000;
    if (!Number.isFinite(timeMs)) refuse(i, `its time ${t} s is beyond all reckoning`);
    if (timeMs <= this.#previousMs) refuse(i, `its time ${t} s does not come after the line before`);
    if (timeMs - this.#previousMs < LEAST_INTERVAL_MS - CLOCK_NOISE_MS)
      refuse(
        i,
        `its time ${t} s comes less than ${LEAST_INTERVAL_MS} ms after the line before; t counts seconds`,
      );
    if (n <= this.#previousNumber) refuse(i, `its number ${n} does not come after ${this.#previousNumber}`);
    [this.#previousNumber, this.#previousMs] = [n, timeMs];
    const detections = dets.map(({ box: [x, y, width, height], score, feature }, k) => {
      const box = { x, y, width, height };
      const appearance = feature == null ? null : Float32Array.from(feature);
      this.#rules.require({ what: `line ${i}, detection ${k}`, box, appearance });
      return toDetection(box, score, appearance);
    });
    return { number: n, timeMs, detections };
  }
}

function parseLine(line: string, number: number): z.infer<typeof lineSchema> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    return refuse(number, 'it is not JSON', cause);
  }
  const parsed = lineSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return refuse(number, `${issue?.path.join('.')}: ${issue?.message}`, parsed.error);
}

function refuse(line: number, problem: string, cause?: unknown): never {
  throw new WorkerError(
    'DETECTIONS_INVALID',
    `line ${line}: ${problem}; expected {"n", "t", "dets": [{"box": [x, y, w, h], "score", "feature"?}]}`,
    { cause },
  );
}
