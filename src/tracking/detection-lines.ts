/** Reads detections in the line format of the tracking benchmarks: one JSON object per frame. */
import { z } from 'zod';
import { WorkerError } from '../errors.ts';
import { type Detection, toDetection } from './detection.ts';
import { DetectionRules } from './observation-validation.ts';

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

/**
 * Lines `{"n": 1, "t": 0.04, "dets": [{"box": [x, y, w, h], "score": 0.9, "feature": [..]}]}`, n and t (seconds)
 * ascending, boxes in pixels, features optional and of any one length.
 * @param picture pixels; boxes outside it are refused, none where it is not known
 * @throws WorkerError DETECTIONS_INVALID naming the line
 */
export function parseDetectionLines(
  text: string,
  picture: { readonly width: number; readonly height: number } | null = null,
): DetectionFrame[] {
  let [previousNumber, previousMs] = [-Infinity, -Infinity];
  const rules = new DetectionRules(picture);
  // Some programs begin a file with a byte order mark.
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((line, i) => {
      if (line.trim() === '') return [];
      const { n, t, dets } = parseLine(line, i + 1);
      const timeMs = t * 1000;
      if (timeMs <= previousMs) refuse(i + 1, `its time ${t} s does not come after the line before`);
      if (n <= previousNumber) refuse(i + 1, `its number ${n} does not come after ${previousNumber}`);
      [previousNumber, previousMs] = [n, timeMs];
      const detections = dets.map(({ box: [x, y, width, height], score, feature }, k) => {
        const box = { x, y, width, height };
        const appearance = feature == null ? null : Float32Array.from(feature);
        rules.require({ what: `line ${i + 1}, detection ${k}`, box, appearance });
        return toDetection(box, score, appearance);
      });
      return [{ number: n, timeMs, detections }];
    });
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
