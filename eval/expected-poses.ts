/** Published poses: the pictures and films in a folder that come with landmarks somebody else computed. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WorkerError } from '../src/errors.ts';
import { POSE_LANDMARK_NAMES } from '../src/geometry/landmarks.ts';

/** Coordinates of the landmarks: x and y, or x, y and z. */
export type Coordinates = readonly (readonly number[])[];

/** `NAME.jpg` with `NAME_landmarks.pbtxt`: MediaPipe's LandmarksDetectionResult, points in fractions of the picture. */
export interface ExpectedPicture {
  readonly file: string;
  readonly landmarks: Coordinates;
}

/** `NAME.mp4` with `NAME.MODEL.json` (pixels) and `NAME_3d.MODEL.json` (metres): [frame][landmark][x, y, z]. */
export interface ExpectedFilm {
  readonly file: string;
  /** The landmark network the figures were computed with. */
  readonly model: string;
  readonly frames: readonly Coordinates[];
  readonly worldFrames: readonly Coordinates[];
}

export interface ExpectedPoses {
  readonly pictures: readonly ExpectedPicture[];
  readonly films: readonly ExpectedFilm[];
}

const PICTURE_ENDING = '_landmarks.pbtxt';
const FILM_PATTERN = /^(?<name>.+)_3d\.(?<model>[a-z]+)\.json$/;

/** [frame][landmark][x, y, z] */
const framesSchema = z.array(
  z.array(z.tuple([z.number(), z.number(), z.number()])).length(POSE_LANDMARK_NAMES.length),
);

/**
 * @throws WorkerError CONFIG_INVALID when the folder cannot be read, holds nothing to compare with, or a file of landmarks in it, which
 * is named, is none
 */
export async function readExpectedPoses(folder: string): Promise<ExpectedPoses> {
  const names = await readdir(folder).catch((cause: Error) => {
    throw new WorkerError('CONFIG_INVALID', `${folder} cannot be read: ${cause.message}`, { cause });
  });
  const find = (name: string, endings: readonly string[]) => {
    const file = endings.map((ending) => `${name}${ending}`).find((candidate) => names.includes(candidate));
    if (file === undefined)
      throw invalid(`${folder} has landmarks of ${name}, but no ${endings.join(' or ')}`);
    return join(folder, file);
  };
  const pictures = names
    .filter((name) => name.endsWith(PICTURE_ENDING))
    .map(async (name): Promise<ExpectedPicture> => {
      const file = find(name.slice(0, -PICTURE_ENDING.length), ['.jpg', '.png']);
      return { file, landmarks: parseLandmarks(await readFile(join(folder, name), 'utf8'), name) };
    });
  const films = names.map(async (file): Promise<ExpectedFilm | null> => {
    const { name, model } = FILM_PATTERN.exec(file)?.groups ?? {};
    if (name === undefined || model === undefined) return null;
    const [pixels, metres] = [find(name, [`.${model}.json`]), join(folder, file)];
    const [frames, worldFrames] = await Promise.all([readFrames(pixels), readFrames(metres)]);
    if (frames.length !== worldFrames.length)
      throw invalid(`${pixels} has ${frames.length} frames, but ${metres} has ${worldFrames.length}`);
    // Nobody publishes a tolerance for the depth in pixels.
    return { file: find(name, ['.mp4']), model, frames: frames.map(flatten), worldFrames };
  });
  const expected = {
    pictures: await Promise.all(pictures),
    films: (await Promise.all(films)).filter((film) => film !== null),
  };
  if (expected.pictures.length + expected.films.length > 0) return expected;
  throw invalid(`${folder} holds neither NAME${PICTURE_ENDING} nor NAME_3d.MODEL.json`);
}

/** The `landmark` messages of a text-format LandmarksDetectionResult. */
function parseLandmarks(text: string, name: string): Coordinates {
  const [image = ''] = text.split('world_landmarks');
  const pairs = Array.from(image.matchAll(/\bx: (\S+)\s+y: (\S+)/g), ([, x, y]) => [Number(x), Number(y)]);
  const points = pairs.filter((point) => point.every(Number.isFinite));
  if (points.length === POSE_LANDMARK_NAMES.length) return points;
  throw invalid(`${name} holds ${points.length} landmarks, not ${POSE_LANDMARK_NAMES.length}`);
}

async function readFrames(file: string): Promise<Coordinates[]> {
  try {
    return framesSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw invalid(`${file} is no list of frames of landmarks: ${reasonOf(cause)}`, cause);
  }
}

/** The first of what is wrong: where one frame is not as it shall be, hundreds of others mostly are not either. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof z.ZodError)) return (cause as Error).message;
  return z.prettifyError(new z.ZodError(cause.issues.slice(0, 1)));
}

function flatten(points: Coordinates): Coordinates {
  return points.map((point) => point.slice(0, 2));
}

function invalid(problem: string, cause?: unknown): WorkerError {
  return new WorkerError('CONFIG_INVALID', problem, { cause });
}
