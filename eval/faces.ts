/** `npm run eval -- faces DIR`: average precision of a face detector over a folder of labelled pictures. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArguments, usage } from '../src/command-line.ts';
import { WorkerError } from '../src/errors.ts';
import { iou } from '../src/geometry/box.ts';
import type { RgbImage } from '../src/geometry/rgb-image.ts';
import { openModel } from '../src/inference/model-store.ts';
import { type FaceDetection, FaceDetector } from '../src/vision/face-detector.ts';
import { median } from '../tools/median.ts';
import { positiveInteger } from '../tools/number-options.ts';
import { averagePrecision, operatingPoint } from './average-precision.ts';
import { type Drawing, drawBoxes, refuseToDrawOver } from './draw-boxes.ts';
import { counts, type LabelledPicture, levelsOf, readFaceLabels } from './face-labels.ts';
import { readPicture } from './read-picture.ts';

const HELP = `Measures a face detector on pictures with known faces, by the protocol of WIDER FACE.

Usage: npm run -s eval -- faces DIR [options]

  DIR                  pictures and labels.json: [{file, width, height, faces: [{box: [x, y, w, h], invalid, sets?}]}]
  --model NAME|FILE    a network of the manifest or an .onnx file [face-detector]
  --input-size N       long side of the network's input in pixels; a network of a fixed size has its own [640]
  --tiles off|auto     a second look at large pictures, tile by tile [off]
  --out FILE.json      the figures as JSON
  --draw FOLDER        the pictures, under their names in DIR, with truth (green), hits (yellow) and false alarms (red)

Where the labels have sets (easy, medium, hard), each gets its own figure; else all valid faces count.`;

/** The curve is judged down to here; the protocol wants unsure detections as well. */
const LOWEST_CONFIDENCE = 0.005;

/** Where a detector is used, and so where recall and precision are told and drawings are made. */
const OPERATING_CONFIDENCE = 0.5;

/** The evaluation's result, as written to --out. */
export interface FaceEvaluation {
  readonly model: { readonly name: string; readonly sha256: string; readonly licence: string };
  /** Long side of the network's input in pixels. */
  readonly inputSize: number;
  readonly tiles: string;
  readonly pictures: number;
  /** One entry for each difficulty level, or one named `all`. */
  readonly levels: readonly LevelFigures[];
  /** Median wall time of one picture, decoding not included. */
  readonly medianDetectMs: number;
}

export interface LevelFigures {
  readonly level: string;
  readonly faces: number;
  readonly averagePrecision: number;
  /** At confidence 0.5. */
  readonly recall: number;
  readonly precision: number;
}

/** @param args the command line after `faces` */
export async function evaluate(args: string[]): Promise<void> {
  const { values, positionals } = parseArguments({
    args,
    allowPositionals: true,
    options: {
      model: { type: 'string', default: 'face-detector' },
      'input-size': { type: 'string', default: '640' },
      tiles: { type: 'string', default: 'off' },
      out: { type: 'string' },
      draw: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [directory, ...rest] = positionals;
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  if (directory === undefined || rest.length > 0) throw usage('name one folder of pictures');
  if (values.tiles !== 'off' && values.tiles !== 'auto') throw usage('--tiles is off or auto');
  const inputSize = positiveInteger('--input-size', values['input-size']);
  const detector = await FaceDetector.load(await openModel(values.model, { role: 'face-detector' }), {
    confidenceThreshold: LOWEST_CONFIDENCE,
    inputSize,
    tiles: values.tiles,
  });
  if (values.draw !== undefined) await mkdir(values.draw, { recursive: true });
  const { levels, medianDetectMs, pictures } = await evaluateFaces(directory, detector, values.draw);
  await detector.close();

  const { name, sha256, licence } = detector.description;
  const evaluation: FaceEvaluation = {
    model: { name, sha256, licence },
    inputSize: detector.inputLongSide,
    tiles: values.tiles,
    pictures,
    levels,
    medianDetectMs,
  };
  process.stdout.write(table(evaluation));
  if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(evaluation, null, 2)}\n`);
}

/** Runs the detector over every labelled picture of a folder, and draws the pictures when a folder is given for that. */
export async function evaluateFaces(
  directory: string,
  detector: FaceDetector,
  drawFolder?: string,
): Promise<Pick<FaceEvaluation, 'levels' | 'medianDetectMs' | 'pictures'>> {
  const labels = await readFaceLabels(directory);
  const drawings = drawFolder === undefined ? [] : labels.map(({ file }) => drawingFile(drawFolder, file));
  await refuseToDrawOver(
    drawings,
    labels.map(({ file }) => join(directory, file)),
  );
  const found: FaceDetection[][] = [];
  const durationsMs: number[] = [];
  for (const [index, label] of labels.entries()) {
    const image = await readPicture(join(directory, label.file));
    requireSameSize(label, image);
    const startMs = performance.now();
    const faces = await detector.detect(image);
    durationsMs.push(performance.now() - startMs);
    found.push(faces);
    const drawing = drawings[index];
    if (drawing !== undefined) await draw(label, image, faces, drawing);
  }
  const known = levelsOf(labels);
  const levels = (known.length === 0 ? [null] : known).map((level) => {
    const scored = labels.map(({ faces }, i) => ({
      truth: faces.map((face) => ({ box: face.box, counts: counts(face, level) })),
      found: found[i] ?? [],
    }));
    return {
      level: level ?? 'all',
      faces: scored.reduce((sum, { truth }) => sum + truth.filter((face) => face.counts).length, 0),
      averagePrecision: averagePrecision(scored),
      ...operatingPoint(scored, OPERATING_CONFIDENCE),
    };
  });
  return { levels, medianDetectMs: median(durationsMs), pictures: labels.length };
}

/** Where a picture is drawn: below the folder, though its name may lead out of its own. */
function drawingFile(folder: string, file: string): string {
  return join(folder, join('/', file));
}

async function draw(
  { faces }: LabelledPicture,
  image: RgbImage,
  found: readonly FaceDetection[],
  file: string,
): Promise<void> {
  const truth = faces.map(({ box, invalid }): Drawing => ({ box, colour: invalid ? 'gray' : 'lime' }));
  const sure = found
    .filter(({ confidence }) => confidence >= OPERATING_CONFIDENCE)
    .map(({ box, confidence, landmarks }): Drawing => {
      const isHit = faces.some((face) => iou(face.box, box) >= 0.5);
      const label = confidence.toFixed(2);
      return { box, colour: isHit ? 'yellow' : 'red', label, points: landmarks ?? [] };
    });
  await mkdir(dirname(file), { recursive: true });
  await drawBoxes(image, [...truth, ...sure], file);
}

function requireSameSize({ file, width, height }: LabelledPicture, image: RgbImage): void {
  if (image.width === width && image.height === height) return;
  throw new WorkerError(
    'CONFIG_INVALID',
    `${file} is ${image.width}x${image.height}, but its labels are for ${width}x${height}`,
  );
}

function table({ model, inputSize, pictures, levels, medianDetectMs }: FaceEvaluation): string {
  const rows = levels.map(({ level, faces, averagePrecision: precisionArea, recall, precision }) =>
    [
      level.padEnd(8),
      String(faces).padStart(6),
      ...[precisionArea, recall, precision].map((value) =>
        // NaN: without a face there is nothing to recall.
        (Number.isNaN(value) ? '-' : value.toFixed(3)).padStart(9),
      ),
    ].join(' '),
  );
  return [
    `${model.name} at ${inputSize} on ${pictures} pictures, ${medianDetectMs.toFixed(1)} ms a picture`,
    'level     faces        AP  recall@.5 precision@.5',
    ...rows,
    '',
  ].join('\n');
}
