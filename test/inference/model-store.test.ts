import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MODELS_DIRECTORY, openModel, readModel } from '../../src/inference/model-store.ts';
import { yoloNetwork } from '../helpers/onnx-network.ts';

const network = yoloNetwork(5, new Float32Array(5));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'models-'));
  await writeFile(join(folder, 'good.onnx'), network);
  await writeFile(join(folder, 'changed.onnx'), Buffer.concat([network, Buffer.from([0])]));
  await writeFile(join(folder, 'unknown.onnx'), yoloNetwork(15, new Float32Array(15)));
  await writeFile(join(folder, 'network.pt'), 'PK');
  await writeFile(join(folder, 'network.txt'), 'hello');
  await cp(join(MODELS_DIRECTORY, 'face-embedder.onnx'), join(folder, 'embedder.onnx'));
  const entry = {
    name: 'good',
    role: 'face-detector',
    file: 'good.onnx',
    sha256: createHash('sha256').update(network).digest('hex'),
    bytes: network.length,
    licence: 'MIT',
    source: 'a test',
    inputs: [{ name: 'images', type: 'float32', shape: ['batch', 3, 'height', 'width'] }],
    outputs: [{ name: 'output0', type: 'float32', shape: [1, 5, 1] }],
  };
  const models = [
    entry,
    { ...entry, name: 'changed', file: 'changed.onnx' },
    { ...entry, name: 'mislabelled', outputs: [{ name: 'output0', type: 'float32', shape: [1, 5, 2] }] },
    {
      ...entry,
      name: 'absent',
      file: 'downloads/absent.onnx',
      download: { url: 'https://example.com/absent.onnx', licenceMustBeAccepted: false },
    },
  ];
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ models }));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function open(nameOrPath: string) {
  return openModel(nameOrPath, { role: 'face-detector', directory: folder });
}

describe('the model store', () => {
  it('opens a network by name and describes it', async () => {
    const { description, thresholds, preprocessing, session } = await openModel('face-embedder', {
      role: 'face-embedder',
    });
    expect(description).toMatchObject({ name: 'face-embedder', role: 'face-embedder', threads: 1 });
    expect(description.path).toBe(join(MODELS_DIRECTORY, 'face-embedder.onnx'));
    expect(description.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(description.loadMs).toBeGreaterThanOrEqual(0);
    expect(thresholds.maxCosineDistance).toBeGreaterThan(0);
    expect(preprocessing?.std).toEqual([1, 1, 1]);
    await session.close();
  });

  it('holds a path to a file of the manifest to its digest as well', async () => {
    await expect(open(join(folder, 'changed.onnx'))).rejects.toThrow('is not the file the manifest names');
  });

  it('opens a network by path, of unknown licence unless the manifest knows its digest', async () => {
    const known = await open(join(folder, 'good.onnx'));
    expect(known.description).toMatchObject({ name: 'good', licence: 'MIT' });
    const unknown = await open(join(folder, 'unknown.onnx'));
    expect(unknown.description).toMatchObject({
      name: 'unknown',
      licence: expect.stringContaining('unknown'),
    });
    expect(unknown.preprocessing).toBeNull();
  });

  it('refuses a file that is not the one the manifest names', async () => {
    await expect(open('changed')).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(
        /changed\.onnx is not the file the manifest names: expected sha256 [0-9a-f]{64} \(\d+ bytes\), found [0-9a-f]{64} \(\d+ bytes\); restore it from the repository$/,
      ),
    });
  });

  it('refuses a network whose shapes are not those of the manifest', async () => {
    await expect(open('mislabelled')).rejects.toThrow('the manifest says');
  });

  it('refuses a network of another task, by role and by shape', async () => {
    await expect(openModel('face-embedder', { role: 'face-detector' })).rejects.toThrow(
      'is a face-embedder, not a face-detector',
    );
    await expect(open(join(folder, 'embedder.onnx'))).rejects.toThrow(
      /cannot be used as face-detector: expected a YOLOv8-face export.*found input images float32 \[batch,3,112,112\]/,
    );
  });

  it('tells how to fetch an optional network that is not there', async () => {
    await expect(open('absent')).rejects.toThrow(
      /absent\.onnx does not exist; fetch it with: npm run models -- fetch absent$/,
    );
  });

  it('tells how to export the checkpoint of a detector, and refuses other formats', async () => {
    await expect(open(join(folder, 'network.pt'))).rejects.toThrow(
      'yolo export model=network.pt format=onnx',
    );
    await expect(openModel(join(folder, 'network.pt'), { role: 'face-embedder' })).rejects.toThrow(
      /network\.pt is not named \.onnx; export the network to ONNX first$/,
    );
    await expect(open(join(folder, 'network.txt'))).rejects.toThrow('not named .onnx');
  });

  it('lists the names it knows when it is given another, and says when a path leads nowhere', async () => {
    await expect(open('yolo')).rejects.toThrow('one of: good, changed, mislabelled, absent');
    await expect(open(join(folder, 'nowhere.onnx'))).rejects.toThrow(
      'nowhere.onnx does not exist; check the path',
    );
    await expect(open(`${folder}/`)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });

  it('reads a file without loading it', async () => {
    const { bytes, entry } = await readModel('good', folder);
    expect(bytes).toEqual(await readFile(join(folder, 'good.onnx')));
    expect(entry?.name).toBe('good');
  });
});
