/** Writes a file so that whoever reads it finds the old one or the new one, whole. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WorkerError } from '../errors.ts';

/**
 * Writes `path` by way of `path.new`; its folder is made where there is none.
 * @throws WorkerError MODEL_INVALID that names the file, which is then as it was
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const fresh = `${path}.new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(fresh, content);
    await rename(fresh, path);
  } catch (cause) {
    // The reason counts, whatever becomes of what was begun.
    await rm(fresh, { force: true }).catch(() => undefined);
    throw new WorkerError('MODEL_INVALID', `${path} cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
}
