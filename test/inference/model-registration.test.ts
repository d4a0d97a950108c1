import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readManifest } from '../../src/inference/model-manifest.ts';
import { registerModel } from '../../src/inference/model-registration.ts';
import { openModel, readModel } from '../../src/inference/model-store.ts';
import { constantNetwork, yoloNetwork } from '../helpers/onnx-network.ts';

const RIGHTS = { licence: 'MIT', source: 'a test' };
let directory: string;
let manifestFile: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'registration-'));
  manifestFile = join(directory, 'manifest.json');
  await writeFile(manifestFile, '{"models": []}');
  file = join(directory, 'Mine.onnx');
  await writeFile(file, yoloNetwork(5, new Float32Array(5)));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('adding a network', () => {
  it('recognises its role, copies it and makes it usable by name', async () => {
    const entry = await registerModel(file, RIGHTS, directory);
    expect(entry).toMatchObject({
      name: 'mine',
      role: 'face-detector',
      licence: 'MIT',
      file: 'local/mine.onnx',
    });
    const { session, description } = await openModel('mine', { role: 'face-detector', directory });
    expect(description.sha256).toBe(entry.sha256);
    await session.close();
  });

  it('leaves the manifest of the repository alone: it has a manifest of its own', async () => {
    await registerModel(file, RIGHTS, directory);
    await registerModel(file, { ...RIGHTS, name: 'second' }, directory);
    expect(await readFile(manifestFile, 'utf8')).toBe('{"models": []}');
    expect((await readdir(join(directory, 'local'))).toSorted()).toEqual([
      'manifest.json',
      'mine.onnx',
      'second.onnx',
    ]);
    const { models } = await readManifest(directory);
    expect(models.map(({ name }) => name)).toEqual(['mine', 'second']);
  });

  it('keeps all of several networks that are added at once', async () => {
    const names = ['one', 'two', 'three'];
    await Promise.all(names.map((name) => registerModel(file, { ...RIGHTS, name }, directory)));
    const { models } = await readManifest(directory);
    expect(models.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect((await readdir(join(directory, 'local'))).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it('adds a network again, with what is said of it now, when its file was lost or changed', async () => {
    await registerModel(file, RIGHTS, directory);
    await registerModel(file, { ...RIGHTS, name: 'second' }, directory);
    const copy = join(directory, 'local/mine.onnx');
    await rm(copy);
    await expect(readModel('mine', directory)).rejects.toThrow(
      /mine\.onnx does not exist; add it again with: npm run models -- add FILE\.onnx --name mine$/,
    );
    const again = await registerModel(file, { ...RIGHTS, licence: 'Apache-2.0' }, directory);
    expect((await readModel('mine', directory)).entry).toEqual(again);
    await writeFile(copy, 'something else');
    await registerModel(file, RIGHTS, directory);
    const { models } = await readManifest(directory);
    expect(models.map(({ name, licence }) => [name, licence])).toEqual([
      ['second', 'MIT'],
      ['mine', 'MIT'],
    ]);
  });

  it('remembers what an embedder needs', async () => {
    const vector = { name: 'vector', shape: ['b', 2], values: Float32Array.of(1, 0), valuesShape: [1, 2] };
    await writeFile(file, constantNetwork([{ name: 'faces', shape: ['b', 3, 112, 112] }], [vector]));
    const preprocessing = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], channels: 'bgr' } as const;
    await registerModel(
      file,
      { ...RIGHTS, name: 'vectors', preprocessing, maxCosineDistance: 0.65 },
      directory,
    );
    const model = await openModel('vectors', { role: 'face-embedder', directory });
    expect(model.thresholds).toEqual({ maxCosineDistance: 0.65 });
    expect(model.preprocessing).toMatchObject(preprocessing);
    await model.session.close();
  });

  it.each([
    { preprocessing: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const },
    { maxCosineDistance: 0.5 },
  ])('refuses to remember of a detector what only an embedder uses: %j', async (unused) => {
    await expect(registerModel(file, { ...RIGHTS, ...unused }, directory)).rejects.toThrow(
      /Mine\.onnx is a face-detector, which would never use --mean, --std, --channels or --max-cosine-distance/,
    );
    expect(await readdir(directory)).not.toContain('local');
  });

  it("says the system's reason when there is no place for the file", async () => {
    await mkdir(join(directory, 'local/mine.onnx'), { recursive: true });
    await expect(registerModel(file, RIGHTS, directory)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(/local\/mine\.onnx cannot be written: EISDIR: /),
    });
    expect(await readdir(join(directory, 'local'))).toEqual(['mine.onnx']);
    await rm(join(directory, 'local'), { recursive: true });
    await writeFile(join(directory, 'local'), 'a file');
    await expect(registerModel(file, RIGHTS, directory)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(/local\/manifest\.json cannot be written: EEXIST: /),
    });
  });

  it('refuses a second network of one name and leaves the manifests as they were', async () => {
    const entry = await registerModel(file, RIGHTS, directory);
    await expect(registerModel(file, RIGHTS, directory)).rejects.toThrow('give another --name');
    await writeFile(manifestFile, JSON.stringify({ models: [{ ...entry, name: 'embedded' }] }));
    await expect(registerModel(file, { ...RIGHTS, name: 'embedded' }, directory)).rejects.toThrow(
      'there is a network named embedded already; give another --name',
    );
    const { models } = await readManifest(directory);
    expect(models.map(({ name }) => name)).toEqual(['embedded', 'mine']);
  });

  it('refuses a network without a role here, with another role, or with a name that is none', async () => {
    await expect(registerModel(file, { ...RIGHTS, role: 'face-embedder' }, directory)).rejects.toThrow(
      'cannot be used as face-embedder',
    );
    await expect(registerModel(file, { ...RIGHTS, name: '../x' }, directory)).rejects.toThrow(
      'cannot be added: name',
    );
    await writeFile(file, yoloNetwork(84, new Float32Array(84)));
    await expect(registerModel(file, RIGHTS, directory)).rejects.toThrow(
      /has no role here: it has input images/,
    );
    await expect(registerModel(join(directory, 'none.onnx'), RIGHTS, directory)).rejects.toThrow(
      'cannot be read',
    );
  });
});
