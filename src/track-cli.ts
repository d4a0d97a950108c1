/** The tracker alone on the command line: detections of any detector in, rows for any MOT evaluator out. */

import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parseArguments, refuseToOverwrite, runProgram, usage } from './command-line.ts';
import { decimal } from './decimal.ts';
import { WorkerError } from './errors.ts';
import type { Size } from './geometry/box.ts';
import { type DetectionFrame, readDetectionLines } from './tracking/detection-lines.ts';
import { LEAST_SIZE } from './tracking/observation-validation.ts';
import { LEAST_INTERVAL_MS } from './tracking/sampling-rate.ts';
import {
  DEFAULT_MAX_AGE,
  DEFAULT_SEQUENCE_OPTIONS,
  type SequenceOptions,
  type TrackedBox,
  trackSequence,
} from './tracking/track-sequence.ts';

const HELP = `Follows people through detections and writes MOT rows: n,id,x,y,w,h,score,-1,-1,-1

Usage: npm run -s track -- --detections FILE.jsonl --out FILE.txt [options]

  --detections FILE           one line a frame: {"n": 1, "t": seconds, "dets": [{"box": [x, y, w, h], "score": 0.9, "feature": [..]}]}
                              frames at least ${LEAST_INTERVAL_MS} ms apart, boxes at least ${LEAST_SIZE} pixels wide and high
  --out FILE                  where the rows go; - for stdout
  --rate-mode auto|deepsort   auto: time-aware below 7 frames a second, and at every rate where no detection has a feature,
                              reports the detections; deepsort: the published algorithm and what its program reports,
                              whatever the rate [auto]
  --max-cosine-distance D     the threshold of the features' embedder [${DEFAULT_SEQUENCE_OPTIONS.maxCosineDistance}]
  --nn-budget N               features kept per track [${DEFAULT_SEQUENCE_OPTIONS.nnBudget}]
  --n-init N                  sightings in a row that make a track, at 7 frames a second and more [${DEFAULT_SEQUENCE_OPTIONS.nInit}]
  --max-age N                 how long a lost track lives: frames in deepsort [${DEFAULT_MAX_AGE.deepsort}],
                              thirtieths of a second in auto [${DEFAULT_MAX_AGE.auto}]
  --picture WIDTHxHEIGHT      pixels; by default the extent of all boxes, and at least room for twenty
  --help                      this text

Exit code 0, or 2 with one line on stderr when the input is not usable.`;

const OPTIONS = {
  options: {
    detections: { type: 'string' },
    out: { type: 'string' },
    'rate-mode': { type: 'string' },
    'max-cosine-distance': { type: 'string' },
    'nn-budget': { type: 'string' },
    'n-init': { type: 'string' },
    'max-age': { type: 'string' },
    picture: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
} as const;

type Values = ReturnType<typeof parseArguments<typeof OPTIONS>>['values'];
type NumberOption = 'max-cosine-distance' | 'nn-budget' | 'n-init' | 'max-age';

interface Arguments {
  readonly detections: string;
  readonly out: string;
  readonly options: SequenceOptions;
}

async function main(): Promise<void> {
  const args = readArguments();
  if (args === 'help') {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  if (args.out !== '-') await refuseToOverwrite(args.detections, args.out);
  const frames = await readFrames(args.detections, args.options.picture);
  const rows = trackSequence(frames, args.options).map(motRow).join('');
  if (args.out === '-') process.stdout.write(rows);
  else await writeRows(args.out, rows);
}

function readArguments(): Arguments | 'help' {
  const { values } = parseArguments(OPTIONS);
  if (values.help) return 'help';
  const { detections, out, 'rate-mode': rateMode = DEFAULT_SEQUENCE_OPTIONS.rateMode } = values;
  if (detections === undefined || out === undefined) throw usage('name --detections FILE and --out FILE');
  if (rateMode !== 'auto' && rateMode !== 'deepsort') throw usage('--rate-mode is auto or deepsort');
  return {
    detections,
    out,
    options: {
      ...DEFAULT_SEQUENCE_OPTIONS,
      rateMode,
      maxCosineDistance: distance(values, 'max-cosine-distance', DEFAULT_SEQUENCE_OPTIONS.maxCosineDistance),
      nnBudget: count(values, 'nn-budget', DEFAULT_SEQUENCE_OPTIONS.nnBudget),
      nInit: count(values, 'n-init', DEFAULT_SEQUENCE_OPTIONS.nInit),
      maxAge: count(values, 'max-age', DEFAULT_MAX_AGE[rateMode]),
      picture: values.picture === undefined ? null : pictureSize(values.picture),
    },
  };
}

function distance(values: Values, name: NumberOption, fallback: number): number {
  const text = values[name] ?? String(fallback);
  const value = decimal(text);
  if (!(value >= 0 && value < Infinity)) throw usage(`--${name} must be a number from 0 on, not ${text}`);
  return value;
}

function count(values: Values, name: NumberOption, fallback: number): number {
  const text = values[name] ?? String(fallback);
  const value = decimal(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw usage(`--${name} must be a whole number above 0, not ${text}`);
  return value;
}

function pictureSize(text: string): Size {
  const [, width, height] = /^([1-9]\d*)x([1-9]\d*)$/.exec(text) ?? [];
  if (width === undefined || height === undefined) throw usage(`--picture is WIDTHxHEIGHT, not ${text}`);
  return { width: Number(width), height: Number(height) };
}

async function readFrames(file: string, picture: SequenceOptions['picture']): Promise<DetectionFrame[]> {
  try {
    return await readDetectionLines(createReadStream(file, 'utf8'), picture);
  } catch (cause) {
    if (cause instanceof WorkerError) throw cause;
    throw usage(`cannot read ${file}: ${(cause as Error).message}`, cause);
  }
}

async function writeRows(file: string, rows: string): Promise<void> {
  await writeFile(file, rows).catch((cause: Error) => {
    throw usage(`cannot write ${file}: ${cause.message}`, cause);
  });
}

const DECIMALS = 3;
/** Boxes may be in fractions of a picture, and as small as `LEAST_SIZE`. */
const DECIMALS_BELOW_A_PIXEL = 9;

function motRow({ frameNumber, id, tlwh, confidence }: TrackedBox): string {
  const decimals = Math.min(tlwh.width, tlwh.height) < 1 ? DECIMALS_BELOW_A_PIXEL : DECIMALS;
  const numbers = [tlwh.x, tlwh.y, tlwh.width, tlwh.height].map((value) => value.toFixed(decimals));
  return `${frameNumber},${id},${numbers.join(',')},${confidence},-1,-1,-1\n`;
}

await runProgram(main);
