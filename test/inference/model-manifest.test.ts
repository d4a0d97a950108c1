import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isLocal, readManifest } from '../../src/inference/model-manifest.ts';
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

/** Whoever works on the project may have added networks of their own. */
async function modelsOfProject() {
  return (await readManifest(MODELS_DIRECTORY)).models.filter((model) => !isLocal(model));
}

describe('the model manifest', () => {
  it('has no network whose pixels are divided by zero', async () => {
    const preprocessing = { mean: [0, 0, 0], std: [1, 0, 1], fit: 'as it is' };
    await expect(manifestWith({ ...ENTRY, preprocessing })).rejects.toThrow(/preprocessing\.std\.1/);
  });

  it('of the project names files that have the digest and size it says, and cards that exist', async () => {
    const models = await modelsOfProject();
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
    const models = await modelsOfProject();
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
    await expect(manifestWith({ ...ENTRY, file: '../../etc/passwd' })).rejects.toThrow(
      'below the models folder',
    );
    await expect(manifestWith({ ...ENTRY, file: '/etc/passwd' })).rejects.toThrow('below the models folder');
    await expect(manifestWith({ ...ENTRY, licens: 'MIT' })).rejects.toThrow('licens');
    await expect(manifestWith({ ...ENTRY, thresholds: { minPresence: 0.9 } })).rejects.toThrow('minPresence');
    await expect(manifestWith(ENTRY, ENTRY)).rejects.toThrow('same name');
  });

  it('has the networks that users brought after its own, and none of them under a name of its own', async () => {
    const local = { ...ENTRY, name: 'mine', file: 'local/mine.onnx' };
    const localManifest = join(folder, 'local/manifest.json');
    await mkdir(join(folder, 'local'));
    await writeFile(localManifest, JSON.stringify({ models: [local] }));
    const { models } = await manifestWith(ENTRY);
    expect(models.map(({ name }) => name)).toEqual(['small', 'mine']);
    await expect(manifestWith(ENTRY, { ...ENTRY, name: 'mine' })).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: `${localManifest} has a network named mine, as ${join(folder, 'manifest.json')} has: rename the local one`,
    });
    await writeFile(localManifest, '{');
    await expect(manifestWith(ENTRY)).rejects.toThrow(`${localManifest} cannot be read`);
  });

  it('says which file it could not read', async () => {
    await expect(readManifest(folder)).rejects.toThrow(join(folder, 'manifest.json'));
    await writeFile(join(folder, 'manifest.json'), '{');
    await expect(readManifest(folder)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });
});
