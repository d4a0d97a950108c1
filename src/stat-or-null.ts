/** Looks at a file that may not be there. */
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
