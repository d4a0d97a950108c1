import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const MODELS_CLI = join(import.meta.dirname, '../src/models-cli.ts');

it('running networks leaves nothing behind in the home or the temporary folder, and so has nothing to send', async () => {
  const home = await mkdtemp(join(tmpdir(), 'home-'));
  try {
    const env = { ...process.env, HOME: home, TMPDIR: home, ORT_DISABLE_TELEMETRY: '' };
    await promisify(execFile)(process.execPath, [MODELS_CLI, 'verify'], { env });
    expect(await readdir(home)).toEqual([]);
  } finally {
    await rm(home, { recursive: true });
  }
});
