import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sweepTempFolders, withTempFolder } from '../../src/worker/temp-folder.ts';

describe('temporary folders', () => {
  let parent: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'temp-folder-test-'));
  });

  afterEach(async () => {
    await rm(parent, { recursive: true });
  });

  it('are private to this user and are removed with all they hold', async () => {
    const folder = await withTempFolder(parent, async (path) => {
      expect((await stat(path)).mode & 0o777).toBe(0o700);
      await writeFile(join(path, 'video'), 'bytes');
      return path;
    });
    expect(existsSync(folder)).toBe(false);
  });

  it('are removed when the work in them fails, which is what is reported', async () => {
    const failing = withTempFolder(parent, async () => {
      throw new Error('no such luck');
    });
    await expect(failing).rejects.toThrow('no such luck');
    expect(await readdir(parent)).toEqual([]);
  });

  it('cannot be made where there is no parent: the error names TEMP_DIR', async () => {
    const failing = withTempFolder(join(parent, 'missing'), async () => {});
    await expect(failing).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('TEMP_DIR'),
    });
  });

  it('of dead processes are swept; those of living ones, of other machines and of strangers stay', async () => {
    const machine = hostname().replaceAll(/[^A-Za-z0-9.]/g, '_');
    const dead = spawnSync('true').pid;
    const names = {
      dead: `clipping-worker-${machine}-${dead}-abcdef`,
      earlierSelf: `clipping-worker-${machine}-${process.pid}-abcdef`,
      living: `clipping-worker-${machine}-${process.ppid}-abcdef`,
      elsewhere: 'clipping-worker-other_machine-1-abcdef',
      elsewhereLongAgo: 'clipping-worker-other_machine-2-abcdef',
      stranger: 'my-holiday-photos',
    };
    for (const name of Object.values(names)) await mkdir(join(parent, name));
    const longAgo = new Date(Date.now() - 25 * 3600 * 1000);
    await utimes(join(parent, names.elsewhereLongAgo), longAgo, longAgo);

    const { removed } = await sweepTempFolders(parent);
    expect(new Set(removed)).toEqual(new Set([names.dead, names.earlierSelf, names.elsewhereLongAgo]));
    expect(new Set(await readdir(parent))).toEqual(new Set([names.living, names.elsewhere, names.stranger]));
  });
});
