/** The empty folders ffmpeg children work in, in the system's temporary folder; those of killed processes are swept at the next start. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { WorkerError } from '../errors.ts';

const PREFIX = 'clipping-ffmpeg-';

/**
 * A new folder that only this user can enter, holding the given files by their bare names.
 * @throws WorkerError DISK_FULL
 */
export async function makePrivateFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${threadId}-`)).catch(refuse);
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content).catch(async (cause) => {
      await rm(folder, { recursive: true, force: true });
      refuse(cause);
    });
  }
  return folder;
}

/**
 * Removes the folders of processes that are gone, which had no time to do it themselves. To be called before the first child is started:
 * in a container every process has the same id, so a folder with ours is from a process before us.
 * @returns the names removed
 */
export async function sweepPrivateFolders(): Promise<string[]> {
  const swept: string[] = [];
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (Number.isNaN(pid) || (pid !== process.pid && isAlive(pid))) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
    swept.push(name);
  }
  return swept;
}

/** Removes the folders of one thread of this process, which has ended in the middle of its work. */
export async function removeThreadFolders(ofThread: number): Promise<void> {
  const own = `${PREFIX}${process.pid}-${ofThread}-`;
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(own))) {
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function refuse(cause: unknown): never {
  throw new WorkerError('DISK_FULL', `the temporary folder ${tmpdir()} cannot be written: free some space`, {
    cause,
  });
}
