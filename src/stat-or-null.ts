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

/**
 * What paths have in common that lead to one file, by links or not; null for no file. What cannot be looked at is none, and neither is a
 * device or a pipe.
 */
export async function fileIdentity(path: string): Promise<string | null> {
  // Some file systems have numbers beyond what a double can tell apart.
  const look = await stat(path, { bigint: true }).catch(() => null);
  return look?.isFile() === true ? `${look.dev}:${look.ino}` : null;
}
