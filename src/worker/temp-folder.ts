/** A private temporary folder per job, removed in every ending; folders that killed processes left behind are swept at start. */
import { access, constants, rm } from 'node:fs/promises';
import { WorkerError } from '../errors.ts';
import { makeProcessFolder, type Sweep, sweepProcessFolders } from '../process-folder.ts';

const KIND = 'clipping-worker';

/** Runs `use` with a new folder that only this user can enter, and removes it with all it holds, whatever happens. */
export async function withTempFolder<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await makeProcessFolder(parent, KIND).catch((cause) => {
    throw new WorkerError('DISK_FULL', `no temporary folder can be made in ${parent}: check TEMP_DIR`, {
      cause,
    });
  });
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Removes folders of processes that are gone. To be called before the first job.
 * @throws WorkerError CONFIG_INVALID when the parent is no folder that jobs could work in
 */
export async function sweepTempFolders(parent: string): Promise<Sweep> {
  try {
    await access(parent, constants.W_OK);
    return await sweepProcessFolders(parent, KIND);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new WorkerError(
      'CONFIG_INVALID',
      `TEMP_DIR ${parent} cannot be used (${code}): name a folder that exists and can be written to`,
      { cause },
    );
  }
}
