/** `npm run eval -- poses DIR`: how far our landmarks lie from published ones. */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArguments, usage } from '../src/command-line.ts';
import { WorkerError } from '../src/errors.ts';
import type { RgbImage } from '../src/geometry/rgb-image.ts';
import { openModel } from '../src/inference/model-store.ts';
import { BlazePoseNetworks, type SeenBody } from '../src/vision/pose/blazepose-networks.ts';
import { drawBoxes, refuseToDrawOver } from './draw-boxes.ts';
import {
  type Coordinates,
  type ExpectedFilm,
  type ExpectedPicture,
  readExpectedPoses,
} from './expected-poses.ts';
import { type LandmarkError, LandmarkErrorMeter } from './landmark-error.ts';
import { type FilmedPose, PoseFilm } from './pose-film.ts';
import { readPicture } from './read-picture.ts';
import { videoFrames } from './video-frames.ts';

const HELP = `Measures pose landmarks against published ones.

Usage: npm run -s eval -- poses DIR [options]

  DIR                  NAME.jpg with NAME_landmarks.pbtxt (fractions of the picture), and NAME.mp4 with NAME.MODEL.json (pixels)
                       and NAME_3d.MODEL.json (metres), each [frame][landmark][x, y, z]
  --model NAME|FILE    a landmark network of the manifest or an .onnx file [pose-landmarks-full]
  --out FILE.json      the figures as JSON
  --draw FOLDER        pictures, and every tenth frame, with published landmarks (green) and ours (yellow)

A film is measured twice: picture by picture, as the worker looks at it, and as a film, followed and smoothed as the published figures
were. Google's own tests allow, along each axis, 0.03 of a picture, and 31 px and 0.24 m of a film.`;

/** The published figures were made without a clock; MediaPipe then supposes this rate. */
const SUPPOSED_RATE_HZ = 30;

/** One frame in so many is drawn. */
const DRAWN_FRAMES = 10;

/** Errors of one picture or film, as written to --out. */
export interface PoseEvaluation extends LandmarkError {
  readonly file: string;
  readonly mode: 'picture' | 'film';
  /** The network whose landmarks were published, by the name of their file; null for a picture, whose file does not say. */
  readonly published: string | null;
  readonly unit: 'of the picture' | 'px' | 'm';
}

/** Looks at one frame. */
type Look = (image: RgbImage, index: number) => Promise<FilmedPose | null>;

/** @param args the command line after `poses` */
export async function evaluate(args: string[]): Promise<void> {
  const { values, positionals } = parseArguments({
    args,
    allowPositionals: true,
    options: {
      model: { type: 'string', default: 'pose-landmarks-full' },
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
  if (directory === undefined || rest.length > 0) throw usage('name one folder');
  const networks = await BlazePoseNetworks.load(
    await openModel('pose-detector', { role: 'pose-detector' }),
    await openModel(values.model, { role: 'pose-landmarks' }),
  );
  if (values.draw !== undefined) await mkdir(values.draw, { recursive: true });
  const errors = await evaluatePoses(directory, networks, values.draw);
  await networks.close();
  process.stdout.write(table(values.model, errors));
  if (values.out !== undefined) {
    await writeFile(values.out, `${JSON.stringify({ model: values.model, errors }, null, 2)}\n`);
  }
}

/** Measures every picture and film of a folder, and draws them when a folder is given for that. */
export async function evaluatePoses(
  directory: string,
  networks: BlazePoseNetworks,
  drawFolder?: string,
): Promise<PoseEvaluation[]> {
  const { pictures, films } = await readExpectedPoses(directory);
  if (drawFolder !== undefined) {
    const files = pictures.map(({ file }) => file);
    await refuseToDrawOver(
      files.map((file) => join(drawFolder, basename(file))),
      files,
    );
  }
  const errors: PoseEvaluation[] = [];
  for (const picture of pictures) errors.push(await measurePicture(picture, networks, drawFolder));
  for (const expected of films) {
    const film = new PoseFilm(networks);
    const follow: Look = (image, index) => film.next(image, ((index + 1) * 1000) / SUPPOSED_RATE_HZ);
    errors.push(
      ...(await measureFilm(expected, 'picture', (image) => surestBody(image, networks))),
      ...(await measureFilm(expected, 'film', follow, drawFolder)),
    );
  }
  return errors;
}

async function measurePicture(
  { file, landmarks }: ExpectedPicture,
  networks: BlazePoseNetworks,
  drawFolder?: string,
): Promise<PoseEvaluation> {
  const image = await readPicture(file);
  const body = await surestBody(image, networks);
  if (drawFolder !== undefined) {
    const inPixels = landmarks.map(([x = 0, y = 0]) => [x * image.width, y * image.height]);
    await draw(image, body, inPixels, join(drawFolder, basename(file)));
  }
  const meter = new LandmarkErrorMeter();
  meter.add(body?.landmarks.map(({ x, y }) => [x / image.width, y / image.height]) ?? null, landmarks);
  return { file: basename(file), mode: 'picture', published: null, unit: 'of the picture', ...meter.error() };
}

async function measureFilm(
  { file, model, frames, worldFrames }: ExpectedFilm,
  mode: PoseEvaluation['mode'],
  look: Look,
  drawFolder?: string,
): Promise<PoseEvaluation[]> {
  const pixels = new LandmarkErrorMeter();
  const metres = new LandmarkErrorMeter();
  let index = 0;
  for await (const image of videoFrames(file, null)) {
    const pose = await look(image, index);
    if (drawFolder !== undefined && index % DRAWN_FRAMES === 0) {
      await draw(
        image,
        pose,
        frames[index] ?? [],
        join(drawFolder, `${basename(file)}-${model}-${index}.jpg`),
      );
    }
    pixels.add(pose?.landmarks.map(({ x, y }) => [x, y]) ?? null, frames[index] ?? []);
    metres.add(pose?.worldLandmarks.map(({ x, y, z }) => [x, y, z]) ?? null, worldFrames[index] ?? []);
    index++;
  }
  if (index !== frames.length) {
    throw new WorkerError('CONFIG_INVALID', `${file} has ${index} frames, its landmarks ${frames.length}`);
  }
  return [
    { file: basename(file), mode, published: model, unit: 'px', ...pixels.error() },
    { file: basename(file), mode, published: model, unit: 'm', ...metres.error() },
  ];
}

async function surestBody(image: RgbImage, networks: BlazePoseNetworks): Promise<SeenBody | null> {
  const [sighting] = await networks.sight(image);
  return sighting === undefined ? null : networks.lookAt(image, sighting.region);
}

async function draw(
  image: RgbImage,
  pose: FilmedPose | null,
  published: Coordinates,
  file: string,
): Promise<void> {
  const box = { x: 0, y: 0, width: image.width, height: image.height };
  const truth = published.map(([x = 0, y = 0]) => ({ x, y }));
  const drawings = [
    { box, colour: 'lime', points: truth },
    { box, colour: 'yellow', points: pose?.landmarks ?? [] },
  ];
  await drawBoxes(image, drawings, file);
}

function table(model: string, errors: readonly PoseEvaluation[]): string {
  const rows = errors.map(({ file, mode, published, frames, missed, mean, max, unit }) =>
    [
      file.padEnd(24),
      mode.padEnd(8),
      (published ?? '-').padEnd(9),
      String(frames).padStart(6),
      String(missed).padStart(6),
      figure(mean),
      figure(max),
      unit,
    ].join(' '),
  );
  const head = `${'file'.padEnd(24)} seen as  published frames missed     mean      max`;
  return [model, head, ...rows, ''].join('\n');
}

/** A dash where there is none. */
function figure(value: number): string {
  return (Number.isNaN(value) ? '-' : value.toFixed(3)).padStart(8);
}
