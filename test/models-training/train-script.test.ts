import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const TRAINING = join(import.meta.dirname, '../../models/training');
let folder = '';

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'training-')));
  await mkdir(join(folder, 'pack'));
  // Programs that only write down what they were called with.
  for (const name of ['python', 'node']) {
    const program = join(folder, name);
    await writeFile(program, `#!/bin/sh\necho ${name} "$@" >> "${folder}/calls"\n`);
    await chmod(program, 0o755);
  }
});

afterEach(() => rm(folder, { recursive: true }));

/** The commands that the embedder's script runs when it is started in `folder`. */
async function commands(env: Record<string, string>): Promise<string[]> {
  await run(join(TRAINING, 'embedder/train.sh'), ['pack', 'work'], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env.PATH}`, PYTHON: join(folder, 'python'), ...env },
  });
  return (await readFile(join(folder, 'calls'), 'utf8')).trimEnd().split('\n');
}

describe('the training of the embedder', () => {
  it('reads and writes beside who started it, whatever folder its script is in', async () => {
    const work = join(folder, 'work');
    expect(await commands({ TEACHER: 'teacher.onnx', HELD_OUT: 'pack', INIT: 'first.pt' })).toEqual([
      `python data.py ${folder}/pack ${work} ${folder}/teacher.onnx ${folder}/pack`,
      `python train.py ${work} ${folder}/teacher.onnx --minutes 60 --init ${folder}/first.pt`,
      `python export.py ${work}/final.pt ${work}/face-embedder.onnx --reference ${work}/reference`,
      `node check.mjs ${work}/face-embedder.onnx ${work}/reference`,
    ]);
  });

  it('begins with the checkpoint beside the script, or with random weights where it is told so', async () => {
    const [, published] = await commands({ TEACHER: 'teacher.onnx' });
    expect(published).toContain(`--init ${join(TRAINING, 'embedder/checkpoint.pt')}`);
    await rm(join(folder, 'calls'));
    const [, random] = await commands({ TEACHER: 'teacher.onnx', INIT: '' });
    expect(random).toMatch(/ --minutes 60 --init $/);
  });
});
