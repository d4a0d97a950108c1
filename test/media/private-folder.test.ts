import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import {
  makePrivateFolder,
  removeThreadFolders,
  sweepPrivateFolders,
} from '../../src/media/private-folder.ts';

describe('the private folders of ffmpeg children', () => {
  it('hold what they are given, for this user only', async () => {
    const folder = await makePrivateFolder({ 'filters.txt': 'null' });
    expect(readFileSync(join(folder, 'filters.txt'), 'utf8')).toBe('null');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    rmSync(folder, { recursive: true });
  });

  it('of a thread that has ended are removed, those of other threads are not', async () => {
    const folder = await makePrivateFolder({});
    await removeThreadFolders(threadId + 1);
    expect(existsSync(folder)).toBe(true);
    await removeThreadFolders(threadId);
    expect(existsSync(folder)).toBe(false);
  });

  it('that processes before us left behind are swept, those of living ones are not', async () => {
    const { pid: deadPid } = spawnSync('true');
    const own = await makePrivateFolder({});
    const ofProcess = (pid: number | undefined) =>
      mkdtempSync(own.replace(`-${process.pid}-${threadId}-`, `-${pid}-${threadId}-`));
    const abandoned = ofProcess(deadPid);
    const inUse = ofProcess(process.ppid);
    const inAnotherContainer = mkdtempSync(join(tmpdir(), `clipping-ffmpeg-other_machine-${deadPid}-0-`));
    const unrelated = mkdtempSync(join(tmpdir(), 'clipping-ffmpeg-other-'));
    const { removed } = await sweepPrivateFolders();
    expect(removed).toContain(abandoned.slice(tmpdir().length + 1));
    expect(existsSync(abandoned)).toBe(false);
    for (const folder of [inUse, inAnotherContainer, unrelated]) {
      expect(existsSync(folder)).toBe(true);
      rmSync(folder, { recursive: true });
    }
  });
});
