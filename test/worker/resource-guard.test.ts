import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { ResourceGuard } from '../../src/worker/resource-guard.ts';

const PLENTY = Number.MAX_SAFE_INTEGER;

function guard(options: { disk?: number; memory?: number; runningJobs?: number; tempDir?: string }) {
  return new ResourceGuard({
    tempDir: options.tempDir ?? tmpdir(),
    minFreeDiskBytes: options.disk ?? 0,
    minFreeMemoryBytes: options.memory ?? 0,
    runningJobs: () => options.runningJobs ?? 0,
  });
}

describe('ResourceGuard', () => {
  it('lets a job begin while there is enough of everything', async () => {
    expect(await guard({ disk: 1, memory: 1, runningJobs: 5 }).shortage()).toBeNull();
  });

  it('lets none begin on a full disk', async () => {
    expect(await guard({ disk: PLENTY }).shortage()).toContain(`free in ${tmpdir()}`);
  });

  it('lets none begin without its folder, and names the setting', async () => {
    expect(await guard({ tempDir: '/nowhere' }).shortage()).toBe('/nowhere cannot be used: check TEMP_DIR');
  });

  it('lets no second job begin when memory is short, but always a first', async () => {
    expect(await guard({ memory: PLENTY, runningJobs: 1 }).shortage()).toContain('memory');
    expect(await guard({ memory: PLENTY, runningJobs: 0 }).shortage()).toBeNull();
  });
});
