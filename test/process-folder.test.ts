import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeProcessFolder, processFolderPrefix, sweepProcessFolders } from '../src/process-folder.ts';

const NOBODY = 65_534;

describe('the sweep of what killed processes left behind', () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'process-folder-test-'));
  });
  afterEach(() => rm(parent, { recursive: true }));

  it('goes on after a folder that this user must not remove, and reports it', async () => {
    const ofDeadProcess = processFolderPrefix('kind').replace(
      `-${process.pid}-`,
      `-${spawnSync('true').pid}-`,
    );
    const locked = join(parent, `${ofDeadProcess}a`);
    await mkdir(locked);
    await writeFile(join(locked, 'video'), 'bytes');
    await chmod(locked, 0o500);
    await mkdir(join(parent, `${ofDeadProcess}b`));
    await chmod(parent, 0o777);

    const { removed, failed } = await withoutRootsRights(() => sweepProcessFolders(parent, 'kind'));
    expect(removed.every((folder) => folder !== `${ofDeadProcess}a`)).toBe(true);
    expect(failed).toContainEqual({
      folder: `${ofDeadProcess}a`,
      error: expect.objectContaining({ code: 'EACCES' }),
    });
    expect(await readdir(parent)).toEqual([`${ofDeadProcess}a`]);
    await chmod(locked, 0o700);
  });

  it('knows the folders of one kind from those of another whose name is longer', async () => {
    const other = await makeProcessFolder(parent, 'kind-of-another');
    expect(await sweepProcessFolders(parent, 'kind')).toEqual({ removed: [], failed: [] });
    expect(await readdir(parent)).toEqual([other.slice(parent.length + 1)]);
  });
});

/** Root may remove everything; as nobody, it may not. */
async function withoutRootsRights<T>(task: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await task();
  process.seteuid?.(NOBODY);
  try {
    return await task();
  } finally {
    process.seteuid?.(0);
  }
}
