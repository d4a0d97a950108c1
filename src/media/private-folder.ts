/**
 * The empty folders ffmpeg children work in, in the system's temporary folder, which programs move to TEMP_DIR; those of killed processes
 * are swept at the next start.
 */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { WorkerError } from '../errors.ts';
import {
  makeProcessFolder,
  processFolderPrefix,
  type Sweep,
  sweepProcessFolders,
} from '../process-folder.ts';

/** What their names begin with, before the machine and the process. */
export const PRIVATE_FOLDER_KIND = 'clipping-ffmpeg';

/**
 * A new folder that only this user can enter, holding the given files by their bare names.
 * @throws WorkerError DISK_FULL
 */
export async function makePrivateFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await makeProcessFolder(tmpdir(), PRIVATE_FOLDER_KIND, `${threadId}-`).catch(refuse);
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content).catch(async (cause) => {
      await rm(folder, { recursive: true, force: true });
      refuse(cause);
    });
  }
  return folder;
}

/**
 * Removes the folders of processes that are gone, which had no time to do it themselves. To be called before the first child is started.
 * @throws WorkerError CONFIG_INVALID when there is no such temporary folder
 */
export async function sweepPrivateFolders(): Promise<Sweep> {
  return await sweepProcessFolders(tmpdir(), PRIVATE_FOLDER_KIND).catch((cause: NodeJS.ErrnoException) => {
    throw new WorkerError(
      'CONFIG_INVALID',
      `the temporary folder ${tmpdir()} cannot be read (${cause.code}): name another in TEMP_DIR`,
      { cause },
    );
  });
}

/** Removes the folders of one thread of this process, which has ended in the middle of its work. */
export async function removeThreadFolders(ofThread: number): Promise<void> {
  const own = `${processFolderPrefix(PRIVATE_FOLDER_KIND)}${ofThread}-`;
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(own))) {
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
}

function refuse(cause: unknown): never {
  const { code = '' } = cause as NodeJS.ErrnoException;
  const remedy = ['ENOSPC', 'EDQUOT'].includes(code) ? 'free some space' : 'name another in TEMP_DIR';
  throw new WorkerError(
    'DISK_FULL',
    `the temporary folder ${tmpdir()} cannot be written (${code}): ${remedy}`,
    { cause },
  );
}
