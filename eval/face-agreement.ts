/** `npm run eval -- face-agreement VIDEO...`: how far two face detectors agree on videos that nobody has labelled. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArguments, usage } from '../src/command-line.ts';
import { iou } from '../src/geometry/box.ts';
import type { RgbImage } from '../src/geometry/rgb-image.ts';
import { openModel } from '../src/inference/model-store.ts';
import type { Frame } from '../src/media/frame.ts';
import { type FaceDetection, FaceDetector } from '../src/vision/face-detector.ts';
import { positiveNumber, zeroToOne } from '../tools/number-options.ts';
import { type Drawing, drawBoxes } from './draw-boxes.ts';
import { videoFrames } from './video-frames.ts';

const HELP = `Measures a face detector against another one on videos, for faces above 5 % of the frame's height.

Usage: npm run -s eval -- face-agreement VIDEO... --reference NAME|FILE [options]

  --reference NAME|FILE   the detector that is taken for the truth
  --model NAME|FILE       the detector that is measured [face-detector]
  --confidence C          least confidence of the measured detector's faces [0.5]
  --interval SECONDS      between two frames [0.5]
  --draw FOLDER           the frames where they differ: both (green), only the reference (blue), only the model (red)`;

/** Of the reference; the confidence YOLOv8-face is used at. */
const MIN_CONFIDENCE = 0.5;
const MIN_IOU = 0.5;
const MIN_HEIGHT_SHARE = 0.05;

/** What was counted in some frames. */
interface Agreement {
  /** Faces of the reference, and how many of them the model found. */
  readonly wanted: number;
  readonly found: number;
  /** Faces of the model, and how many of them the reference has as well, whatever their size. */
  readonly claimed: number;
  readonly confirmed: number;
}

interface Detectors {
  readonly model: FaceDetector;
  readonly reference: FaceDetector;
}

/** @param args the command line after `face-agreement` */
export async function evaluate(args: string[]): Promise<void> {
  const { values, positionals: videos } = parseArguments({
    args,
    allowPositionals: true,
    options: {
      model: { type: 'string', default: 'face-detector' },
      reference: { type: 'string' },
      confidence: { type: 'string', default: '0.5' },
      interval: { type: 'string', default: '0.5' },
      draw: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  if (videos.length === 0 || values.reference === undefined) throw usage('name videos and a --reference');
  const confidence = zeroToOne('--confidence', values.confidence);
  const intervalMs = positiveNumber('--interval', values.interval) * 1000;
  const [model, reference] = await Promise.all([
    load(values.model, confidence),
    load(values.reference, MIN_CONFIDENCE),
  ]);
  if (values.draw !== undefined) await mkdir(values.draw, { recursive: true });
  const counts: Agreement[] = [];
  for (const video of videos) {
    const agreement = await compareOn(video, intervalMs, { model, reference }, values.draw);
    counts.push(agreement);
    process.stdout.write(`${row(basename(video), agreement)}\n`);
  }
  process.stdout.write(`${row('all', sum(counts))}\n`);
  await Promise.all([model.close(), reference.close()]);
}

async function load(nameOrPath: string, confidenceThreshold: number): Promise<FaceDetector> {
  const model = await openModel(nameOrPath, { role: 'face-detector' });
  return FaceDetector.load(model, { confidenceThreshold });
}

async function compareOn(
  file: string,
  intervalMs: number,
  { model, reference }: Detectors,
  drawFolder: string | undefined,
): Promise<Agreement> {
  const counts: Agreement[] = [];
  for await (const frame of videoFrames(file, intervalMs)) {
    const [ours, theirs] = [await model.detect(frame), await reference.detect(frame)];
    const agreement = compare(ours, theirs, frame);
    counts.push(agreement);
    const differs = agreement.found < agreement.wanted || agreement.confirmed < agreement.claimed;
    if (drawFolder !== undefined && differs)
      await draw(frame, ours, theirs, join(drawFolder, drawingName(file, frame)));
  }
  return sum(counts);
}

/** Holds the faces of one picture against each other. */
export function compare(
  model: readonly FaceDetection[],
  reference: readonly FaceDetection[],
  { height }: Pick<RgbImage, 'height'>,
): Agreement {
  const isTall = ({ box }: FaceDetection) => box.height > MIN_HEIGHT_SHARE * height;
  const wanted = reference.filter(isTall);
  const claimed = model.filter(isTall);
  return {
    wanted: wanted.length,
    found: wanted.filter((face) => isIn(face, model)).length,
    claimed: claimed.length,
    confirmed: claimed.filter((face) => isIn(face, reference)).length,
  };
}

function isIn({ box }: FaceDetection, faces: readonly FaceDetection[]): boolean {
  return faces.some((other) => iou(other.box, box) >= MIN_IOU);
}

function draw(
  frame: Frame,
  model: readonly FaceDetection[],
  reference: readonly FaceDetection[],
  file: string,
): Promise<void> {
  const ours = model.map(
    (face): Drawing => ({
      box: face.box,
      colour: isIn(face, reference) ? 'lime' : 'red',
      label: face.confidence.toFixed(2),
    }),
  );
  const missed = reference.filter((face) => !isIn(face, model));
  return drawBoxes(frame, [...ours, ...missed.map(({ box }): Drawing => ({ box, colour: 'blue' }))], file);
}

function drawingName(video: string, { index }: Frame): string {
  return `${basename(video)}-${String(index).padStart(5, '0')}.jpg`;
}

function sum(counts: readonly Agreement[]): Agreement {
  const total = (key: keyof Agreement) => counts.reduce((all, one) => all + one[key], 0);
  return {
    wanted: total('wanted'),
    found: total('found'),
    claimed: total('claimed'),
    confirmed: total('confirmed'),
  };
}

function row(name: string, { wanted, found, claimed, confirmed }: Agreement): string {
  const ratio = (part: number, whole: number) =>
    whole === 0 ? 'of none' : `${(part / whole).toFixed(3)} (${part}/${whole})`;
  return `${name.padEnd(40)} recall ${ratio(found, wanted)}  precision ${ratio(confirmed, claimed)}`;
}
