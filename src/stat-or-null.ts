/** Looks at files that may not be there. */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Null when there is none. @throws the system's error for any other reason */
export async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Whether both paths lead to one file, by links or not. What cannot be looked at is no file, and neither is a device or a pipe. */
export async function isSameFile(one: string, other: string): Promise<boolean> {
  // Some file systems have numbers beyond what a double can tell apart.
  const looks = [one, other].map((path) => stat(path, { bigint: true }).catch(() => null));
  const [a, b] = await Promise.all(looks);
  return a?.isFile() === true && a.dev === b?.dev && a.ino === b.ino;
}
