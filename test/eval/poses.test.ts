import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
