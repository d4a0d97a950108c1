import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { videoFrames } from '../../../eval/video-frames.ts';
import { MODELS_DIRECTORY, openModel } from '../../../src/inference/model-store.ts';
import { BlazePoseNetworks } from '../../../src/vision/pose/blazepose-networks.ts';
import { writeOnnx } from '../../../tools/models-build/onnx-writer.ts';
import { drawTwoPeople } from '../../helpers/pictures.ts';
import { describeWithShared, sharedPath } from '../../helpers/shared.ts';

const LANDMARK_OUTPUTS = {
  landmarks: [1, 195],
  presence: [1, 1],
  heatmap: [1, 64, 64, 39],
  world: [1, 117],
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'networks-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** A landmark network that answers every picture with one value. */
async function constantLandmarks(value: number): Promise<string> {
  const outputs = Object.entries(LANDMARK_OUTPUTS).map(([name, shape]) => ({ name, shape }));
  const network = writeOnnx(
    {
      name: 'constant',
      nodes: outputs.map(({ name }) => ({ operator: 'Identity', inputs: [`all_${name}`], outputs: [name] })),
      initializers: outputs.map(({ name, shape }) => ({
        name: `all_${name}`,
        type: 'float32',
        shape,
        data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value),
      })),
      inputs: [{ name: 'input', shape: [1, 3, 256, 256] }],
      outputs,
    },
    'test',
  );
  const file = join(folder, `${value}.onnx`);
  await writeFile(file, network);
  return file;
}

async function load(landmarks: string): Promise<BlazePoseNetworks> {
  return BlazePoseNetworks.load(
    await openModel('pose-detector', { role: 'pose-detector' }),
    await openModel(landmarks, { role: 'pose-landmarks' }),
  );
}

describe('BlazePose’s networks', () => {
  it('see a drawn person and look at the region they saw', async () => {
    const networks = await load('pose-landmarks-lite');
    const { image } = await drawTwoPeople(1280, 720);
    const [sighting] = await networks.sight(image);
    expect(sighting).toBeDefined();
    if (sighting === undefined) return;
    const body = await networks.lookAt(image, sighting.region);
    expect(body.confidence).toBeGreaterThan(0.5);
    const nose = body.landmarks[0];
    const { head } = sighting;
    expect(nose?.x).toBeGreaterThan(head.x);
    expect(nose?.x).toBeLessThan(head.x + head.width);
    await networks.close();
  });

  it('run any network that keeps the contract', async () => {
    const networks = await load(await constantLandmarks(0));
    await networks.close();
  });

  it('are refused before the first video when they answer with NaN', async () => {
    await expect(load(await constantLandmarks(Number.NaN))).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('NaN'),
    });
  });

  it('are refused when they are another task’s, or cut short', async () => {
    await expect(openModel('face-detector', { role: 'pose-detector' })).rejects.toMatchObject({
      code: 'MODEL_INVALID',
    });
    const whole = await readFile(join(MODELS_DIRECTORY, 'pose-landmarks-lite.onnx'));
    const half = join(folder, 'half.onnx');
    await writeFile(half, whole.subarray(0, whole.length / 2));
    await expect(load(half)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });
});

describeWithShared('a film with a rotation flag', () => {
  it('has the landmarks of the same film without', async () => {
    const networks = await load('pose-landmarks-full');
    const noses = async (file: string) => {
      const found: { x: number; y: number }[] = [];
      for await (const image of videoFrames(sharedPath('media', file), 3000)) {
        const [sighting] = await networks.sight(image);
        const body = sighting && (await networks.lookAt(image, sighting.region));
        found.push({
          x: (body?.landmarks[0]?.x ?? Number.NaN) / image.width,
          y: (body?.landmarks[0]?.y ?? Number.NaN) / image.height,
        });
      }
      return found;
    };
    const plain = await noses('expected/pose_squats.mp4');
    const rotated = await noses('odd/squats-rot.mp4');
    expect(rotated).toHaveLength(plain.length);
    for (const [i, { x, y }] of rotated.entries()) {
      expect(Math.abs(x - (plain[i]?.x ?? 0))).toBeLessThan(0.01);
      expect(Math.abs(y - (plain[i]?.y ?? 0))).toBeLessThan(0.01);
    }
    await networks.close();
  });
});

it('bodies that score less than the detector’s manifest says are not told', async () => {
  const { image } = await drawTwoPeople(1280, 720);
  const sightings: number[] = [];
  for (const thresholds of [{}, { minScore: 0.5 }, { minScore: 1 }]) {
    const detector = await openModel('pose-detector', { role: 'pose-detector' });
    const landmarks = await openModel('pose-landmarks-lite', { role: 'pose-landmarks' });
    const networks = await BlazePoseNetworks.load({ ...detector, thresholds }, landmarks);
    sightings.push((await networks.sight(image)).length);
    await networks.close();
  }
  const [usual = 0, same, none] = sightings;
  expect(usual).toBeGreaterThan(0);
  expect([same, none]).toEqual([usual, 0]);
});
