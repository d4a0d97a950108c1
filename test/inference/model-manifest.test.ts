import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readManifest } from '../../src/inference/model-manifest.ts';
import { MODELS_DIRECTORY, readModel } from '../../src/inference/model-store.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifest-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const ENTRY = {
  name: 'small',
  role: 'face-detector',
  file: 'small.onnx',
  sha256: 'a'.repeat(64),
  licence: 'MIT',
  source: 'here',
  inputs: [],
  outputs: [],
};

async function manifestWith(...models: object[]) {
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ models }));
  return readManifest(folder);
}

describe('the model manifest', () => {
  it('has no network whose pixels are divided by zero', async () => {
    const preprocessing = { mean: [0, 0, 0], std: [1, 0, 1], fit: 'as it is' };
    await expect(manifestWith({ ...ENTRY, preprocessing })).rejects.toThrow(/preprocessing\.std\.1/);
  });

  it('of the project names files that have the digest and size it says, and cards that exist', async () => {
    const { models } = await readManifest(MODELS_DIRECTORY);
    for (const model of models.filter(
      ({ download, build }) => download === undefined && build === undefined,
    )) {
      const { bytes } = await readModel(model.name);
      expect({ name: model.name, bytes: bytes.length }).toEqual({ name: model.name, bytes: model.bytes });
      expect(model.card).toBeDefined();
      expect((await stat(join(MODELS_DIRECTORY, model.card ?? ''))).isFile()).toBe(true);
    }
  });

  it('of the project gives every digest in a card that names one', async () => {
    const { models } = await readManifest(MODELS_DIRECTORY);
    const faces = models.filter(({ role, download }) => role.startsWith('face') && download === undefined);
    expect(faces.length).toBeGreaterThan(1);
    for (const { card, sha256 } of faces) {
      expect(await readFile(join(MODELS_DIRECTORY, card ?? ''), 'utf8')).toContain(sha256);
    }
  });

  it('fills in what may be left out', async () => {
    expect((await manifestWith(ENTRY)).models[0]?.thresholds).toEqual({});
  });

  it('names every field that is wrong', async () => {
    await expect(manifestWith({ ...ENTRY, sha256: 'abc', role: 'cook' })).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(/models\.0\.role.*models\.0\.sha256: must be 64 hexadecimal digits/),
    });
  });

  it('refuses files outside its folder, fields it does not know, and two networks of one name', async () => {
    await expect(manifestWith({ ...ENTRY, file: '../../etc/passwd' })).rejects.toThrow('below the manifest');
    await expect(manifestWith({ ...ENTRY, file: '/etc/passwd' })).rejects.toThrow('below the manifest');
    await expect(manifestWith({ ...ENTRY, licens: 'MIT' })).rejects.toThrow('licens');
    await expect(manifestWith({ ...ENTRY, thresholds: { minPresence: 0.9 } })).rejects.toThrow('minPresence');
    await expect(manifestWith(ENTRY, ENTRY)).rejects.toThrow('same name');
  });

  it('says which file it could not read', async () => {
    await expect(readManifest(folder)).rejects.toThrow(join(folder, 'manifest.json'));
    await writeFile(join(folder, 'manifest.json'), '{');
    await expect(readManifest(folder)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });
});
