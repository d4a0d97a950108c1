/** Temporary folders that are named after their machine and process, so that those of killed processes can be swept at the next start. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** What a sweep did: names of the folders removed, and those that could not be, each with its reason. */
export interface Sweep {
  readonly removed: readonly string[];
  readonly failed: ReadonlyArray<{ readonly folder: string; readonly error: Error }>;
}

/** Folders of other machines (a shared volume) are swept once no job can still be running in them. */
const FOREIGN_FOLDER_AGE_MS = 24 * 3600 * 1000;

/** What the names of this process's folders of a kind begin with. */
export function processFolderPrefix(kind: string): string {
  return `${kind}-${machineName()}-${process.pid}-`;
}

/** Makes a folder in `parent` that only this user can enter. Rejects with the system's error. */
export async function makeProcessFolder(parent: string, kind: string, label = ''): Promise<string> {
  return await mkdtemp(join(parent, `${processFolderPrefix(kind)}${label}`));
}

/**
 * Removes the folders of that kind whose processes are gone. To be called before the first is made: in a container every process has
 * the same id, so that a folder with ours is from a process before us. Rejects with the system's error when `parent` cannot be read.
 */
export async function sweepProcessFolders(parent: string, kind: string): Promise<Sweep> {
  const removed: string[] = [];
  const failed: { folder: string; error: Error }[] = [];
  for (const folder of await readdir(parent)) {
    if (!(await isAbandoned(parent, folder, kind))) continue;
    try {
      await rm(join(parent, folder), { recursive: true, force: true, maxRetries: 3 });
      removed.push(folder);
    } catch (error) {
      // Another user's, for example: a nuisance, but no reason not to start.
      failed.push({ folder, error: error as Error });
    }
  }
  return { removed, failed };
}

async function isAbandoned(parent: string, folder: string, kind: string): Promise<boolean> {
  if (!folder.startsWith(`${kind}-`)) return false;
  const owner = /^(?<machine>[^-]+)-(?<pid>\d+)-/.exec(folder.slice(kind.length + 1))?.groups;
  if (owner === undefined) return false;
  if (owner.machine !== machineName()) {
    const info = await stat(join(parent, folder)).catch(() => null);
    return info !== null && Date.now() - info.mtimeMs > FOREIGN_FOLDER_AGE_MS;
  }
  const pid = Number(owner.pid);
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
