import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { readExpectedPoses } from '../../eval/expected-poses.ts';
import { LandmarkErrorMeter } from '../../eval/landmark-error.ts';
import { LandmarkSmoothing } from '../../eval/landmark-smoothing.ts';
import { evaluatePoses, type PoseEvaluation } from '../../eval/poses.ts';
import { openModel } from '../../src/inference/model-store.ts';
import { BlazePoseNetworks } from '../../src/vision/pose/blazepose-networks.ts';
import { TasksVisionPoseLandmarker } from '../../src/vision/pose/tasks-vision-landmarker.ts';
import { bundleProduct } from '../../tools/models-build/pose-networks.ts';
import { plain, readPicture } from '../helpers/pictures.ts';
import { describeWithShared, sharedPath } from '../helpers/shared.ts';

const run = promisify(execFile);
const EVAL = join(import.meta.dirname, '../../eval/eval.ts');

/** What Google's own tests allow. */
const TOLERANCE = { picture: 0.03, filmPx: 31, filmM: 0.24 };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poses-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function loadNetworks(landmarks: string): Promise<BlazePoseNetworks> {
  return BlazePoseNetworks.load(
    await openModel('pose-detector', { role: 'pose-detector' }),
    await openModel(landmarks, { role: 'pose-landmarks' }),
  );
}

describe('the error of landmarks', () => {
  it('is the mean distance, and the largest difference along one axis', () => {
    const meter = new LandmarkErrorMeter();
    meter.add(
      [
        [3, 4],
        [10, 10],
      ],
      [
        [0, 0],
        [10, 10],
      ],
    );
    meter.add(null, [[1, 1]]);
    expect(meter.error()).toEqual({ frames: 2, missed: 1, mean: 2.5, max: 4 });
  });

  it('counts depth where depth is expected, and a missing landmark as no number', () => {
    const meter = new LandmarkErrorMeter();
    meter.add([[0, 0, 2]], [[0, 0, 0]]);
    expect(meter.error().max).toBe(2);
    meter.add([], [[0, 0, 0]]);
    expect(meter.error().mean).toBeNaN();
  });

  it('is no number while no body was found', () => {
    const meter = new LandmarkErrorMeter();
    meter.add(null, [[0, 0]]);
    expect(meter.error()).toEqual({ frames: 1, missed: 1, mean: Number.NaN, max: Number.NaN });
  });
});

describe('published poses in a folder', () => {
  it('are refused when there are none, when the folder is none, and when a picture is missing', async () => {
    await expect(readExpectedPoses(folder)).rejects.toThrow('holds neither');
    await expect(readExpectedPoses(join(folder, 'absent'))).rejects.toThrow('cannot be read');
    const other = await mkdtemp(join(folder, 'x-'));
    await writeFile(join(other, 'a_landmarks.pbtxt'), '');
    await expect(readExpectedPoses(other)).rejects.toThrow('has landmarks of a, but no');
    await writeFile(join(other, 'a.jpg'), '');
    await expect(readExpectedPoses(other)).rejects.toThrow('holds 0 landmarks, not 33');
    const points = 'landmark { x: 0.5 y: 0.5 }\n'.repeat(32);
    await writeFile(join(other, 'a_landmarks.pbtxt'), `${points}landmark { x: left y: 0.5 }\n`);
    await expect(readExpectedPoses(other)).rejects.toThrow('holds 32 landmarks, not 33');
  });

  const frame = Array.from({ length: 33 }, () => [1, 2, 3]);

  async function filmWith(truth: Record<string, unknown>): Promise<string> {
    const film = await mkdtemp(join(folder, 'film-'));
    await writeFile(join(film, 'dance.mp4'), '');
    for (const [name, value] of Object.entries(truth)) {
      await writeFile(
        join(film, `dance${name}.json`),
        typeof value === 'string' ? value : JSON.stringify(value),
      );
    }
    return film;
  }

  it.each([
    ['no JSON', '{oops'],
    ['no list', {}],
    ['frames without a body', [null]],
    ['32 landmarks', [frame.slice(1)]],
    ['a landmark of two coordinates', [[[1, 2], ...frame.slice(1)]]],
    ['a coordinate that is no number', [[[1, 2, null], ...frame.slice(1)]]],
  ])('are refused by the name of their file where it holds %s', async (_name, damaged) => {
    const inPixels = await filmWith({ '.full': damaged, '_3d.full': [frame] });
    await expect(readExpectedPoses(inPixels)).rejects.toThrow('dance.full.json is no list of frames');
    const inMetres = await filmWith({ '.full': [frame], '_3d.full': damaged });
    await expect(readExpectedPoses(inMetres)).rejects.toThrow('dance_3d.full.json is no list of frames');
  });

  it('are refused where those in pixels and in metres have not as many frames', async () => {
    const film = await filmWith({ '.full': [frame, frame], '_3d.full': [frame] });
    await expect(readExpectedPoses(film)).rejects.toThrow(
      `${join(film, 'dance.full.json')} has 2 frames, but ${join(film, 'dance_3d.full.json')} has 1`,
    );
  });

  it('say which network each of several for one film comes from', async () => {
    const film = await filmWith({ '.full': [frame], '_3d.full': [frame], '.lite': [], '_3d.lite': [] });
    const { films } = await readExpectedPoses(film);
    const frameCounts = Object.fromEntries(films.map(({ model, frames }) => [model, frames.length]));
    expect(frameCounts).toEqual({ full: 1, lite: 0 });
  });
});

describe('a picture in which nobody is', () => {
  let nobody: string;
  let networks: BlazePoseNetworks;

  beforeAll(async () => {
    nobody = await mkdtemp(join(folder, 'nobody-'));
    const { data, width, height } = plain(320, 200, [93, 107, 126]);
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(nobody, 'wall.png'));
    await writeFile(join(nobody, 'wall_landmarks.pbtxt'), 'landmark { x: 0.5 y: 0.5 }\n'.repeat(33));
    networks = await loadNetworks('pose-landmarks-full');
  });

  afterAll(() => networks.close());

  it('has no error, which the table tells as a dash and JSON as null', async () => {
    expect(await evaluatePoses(nobody, networks)).toMatchObject([
      { file: 'wall.png', published: null, frames: 1, missed: 1, mean: Number.NaN, max: Number.NaN },
    ]);
    const out = join(nobody, 'figures.json');
    const { stdout } = await run(process.execPath, [EVAL, 'poses', nobody, '--out', out]);
    expect(stdout).toMatch(/\nwall\.png +picture +- +1 +1 +- +- of the picture\n$/);
    expect(JSON.parse(await readFile(out, 'utf8'))).toMatchObject({ errors: [{ mean: null, max: null }] });
  });

  it('is not drawn over', async () => {
    const before = await readFile(join(nobody, 'wall.png'));
    await expect(evaluatePoses(nobody, networks, nobody)).rejects.toThrow(
      `--draw would write over ${join(nobody, 'wall.png')}`,
    );
    expect((await readFile(join(nobody, 'wall.png'))).equals(before)).toBe(true);
  });
});

describe('smoothing over frames', () => {
  const options = { minCutoffHz: 0.05, beta: 80 };

  it('leaves a point that rests where it is, and the first frame as it came', () => {
    const smoothing = new LandmarkSmoothing(options);
    for (const timestampMs of [33, 66, 99]) {
      expect(smoothing.smooth([{ x: 5, y: 6, z: 7 }], timestampMs, 100)).toEqual([{ x: 5, y: 6, z: 7 }]);
    }
  });

  it('follows a step partly at first and wholly in the end', () => {
    const smoothing = new LandmarkSmoothing(options);
    smoothing.smooth([{ x: 0, y: 0, z: 0 }], 33, 1000);
    const [first] = smoothing.smooth([{ x: 10, y: 0, z: 0 }], 66, 1000);
    expect(first?.x).toBeGreaterThan(0);
    expect(first?.x).toBeLessThan(10);
    let last = first;
    for (let frame = 3; frame < 300; frame++) {
      [last] = smoothing.smooth([{ x: 10, y: 0, z: 0 }], frame * 33, 1000);
    }
    expect(last?.x).toBeCloseTo(10, 0);
  });
});

describeWithShared('against Google’s published landmarks', () => {
  async function evaluateWith(model: string): Promise<PoseEvaluation[]> {
    const networks = await loadNetworks(model);
    const errors = await evaluatePoses(sharedPath('media', 'expected'), networks);
    await networks.close();
    return errors;
  }

  it('full places the landmarks of pose.jpg within 0.03 and follows the squats within 31 px and 0.24 m', async () => {
    const full = await evaluateWith('pose-landmarks-full');
    expect(full.every(({ missed }) => missed === 0)).toBe(true);
    const published = full.filter(({ file }) => file === 'pose_squats.mp4').map((error) => error.published);
    expect(published).toEqual(['full', 'full', 'full', 'full']);
    const worst = (mode: string, unit: string) =>
      Math.max(...full.filter((error) => error.mode === mode && error.unit === unit).map(({ max }) => max));
    expect(worst('picture', 'of the picture')).toBeLessThanOrEqual(TOLERANCE.picture);
    expect(worst('film', 'px')).toBeLessThanOrEqual(TOLERANCE.filmPx);
    expect(worst('film', 'm')).toBeLessThanOrEqual(TOLERANCE.filmM);
    expect(worst('picture', 'm')).toBeLessThanOrEqual(TOLERANCE.filmM);
  }, 120_000);

  it.each(['lite', 'full'] as const)(
    'MediaPipe’s own graph places those of pose.jpg within 0.03, with %s',
    async (model) => {
      const image = await readPicture(sharedPath('media', 'expected', 'pose.jpg'));
      const { pictures } = await readExpectedPoses(sharedPath('media', 'expected'));
      const bundle = await bundleProduct(model).build();
      const landmarker = await TasksVisionPoseLandmarker.load({ bundle, maxPoses: 1, minPresence: 0.5 });
      const [pose] = await landmarker.detect(image, []);
      const meter = new LandmarkErrorMeter();
      const found = pose?.landmarks.map(({ x, y }) => [x / image.width, y / image.height]) ?? null;
      meter.add(found, pictures.find(({ file }) => file.endsWith('pose.jpg'))?.landmarks ?? []);
      expect(meter.error()).toMatchObject({ missed: 0 });
      expect(meter.error().max).toBeLessThanOrEqual(TOLERANCE.picture);
      await landmarker.close();
    },
  );

  it('lite places those of pose.jpg within 0.03', async () => {
    const networks = await loadNetworks('pose-landmarks-lite');
    const image = await readPicture(sharedPath('media', 'expected', 'pose.jpg'));
    const { pictures } = await readExpectedPoses(sharedPath('media', 'expected'));
    const [sighting] = await networks.sight(image);
    const body = sighting && (await networks.lookAt(image, sighting.region));
    const meter = new LandmarkErrorMeter();
    meter.add(
      body?.landmarks.map(({ x, y }) => [x / image.width, y / image.height]) ?? null,
      pictures.find(({ file }) => file.endsWith('pose.jpg'))?.landmarks ?? [],
    );
    expect(meter.error().max).toBeLessThanOrEqual(TOLERANCE.picture);
    await networks.close();
  });
});
