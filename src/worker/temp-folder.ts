/** A private temporary folder per job, removed in every ending; folders that killed processes left behind are swept at start. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { WorkerError } from '../errors.ts';

const PREFIX = 'clipping-worker-';

/** Folders of other machines (a shared volume) are swept once no job can still be running in them. */
const FOREIGN_FOLDER_AGE_MS = 24 * 3600 * 1000;

/** Runs `use` with a new folder that only this user can enter, and removes it with all it holds, whatever happens. */
export async function withTempFolder<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(parent, `${PREFIX}${machineName()}-${process.pid}-`)).catch((cause) => {
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

/** Removes folders of processes that are gone. To be called before the first job. Resolves to the names removed. */
export async function sweepTempFolders(parent: string): Promise<string[]> {
  const names = await readdir(parent);
  const swept: string[] = [];
  for (const name of names) {
    if (!(await isAbandoned(parent, name))) continue;
    await rm(join(parent, name), { recursive: true, force: true, maxRetries: 3 });
    swept.push(name);
  }
  return swept;
}

async function isAbandoned(parent: string, name: string): Promise<boolean> {
  const match = /^clipping-worker-(?<machine>.+)-(?<pid>\d+)-[^-]+$/.exec(name);
  if (match?.groups === undefined) return false;
  if (match.groups.machine !== machineName()) {
    const info = await stat(join(parent, name)).catch(() => null);
    return info !== null && Date.now() - info.mtimeMs > FOREIGN_FOLDER_AGE_MS;
  }
  const pid = Number(match.groups.pid);
  // In a container every process has the same id: a folder with ours is from a process before us.
  return pid === process.pid || !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The host's name without characters that have a meaning in folder names. */
function machineName(): string {
  return hostname().replaceAll(/[^A-Za-z0-9.]/g, '_');
}
