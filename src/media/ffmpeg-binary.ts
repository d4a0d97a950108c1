/** Finds the ffmpeg program that decodes every video; asked once, when the process starts. */
import { accessSync, constants, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { WorkerError } from '../errors.ts';

const require = createRequire(import.meta.url);

/**
 * Looks in this order: `FFMPEG_PATH` (wrong is an error, never skipped), `PATH` (the system's own gets security fixes), the optional
 * package ffmpeg-static, and last the development package @ffmpeg-installer, an ffmpeg of 2018 good enough for our own clips.
 * @returns path of the executable
 * @throws WorkerError FFMPEG_MISSING
 */
export function findFfmpeg(env: Readonly<Record<string, string | undefined>>): string {
  const explicit = env.FFMPEG_PATH;
  if (explicit !== undefined && explicit !== '') {
    if (isExecutable(explicit)) return explicit;
    throw new WorkerError(
      'FFMPEG_MISSING',
      `FFMPEG_PATH is not an executable file: ${explicit}: correct it, or unset it to use the ffmpeg on PATH`,
    );
  }

  const onPath = (env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, 'ffmpeg'))
    .find(isExecutable);
  const found =
    onPath ??
    packagedFile('ffmpeg-static', (exported) => exported) ??
    packagedFile('@ffmpeg-installer/ffmpeg', (exported) => (exported as { path?: unknown } | null)?.path);
  if (found !== undefined) return found;

  throw new WorkerError(
    'FFMPEG_MISSING',
    'ffmpeg was not found: install it (Debian: apt-get install -y ffmpeg), or set FFMPEG_PATH to its file',
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Both packages are optional, and ffmpeg-static's binary is fetched by an install script that may not have run: absence is no error. */
function packagedFile(name: string, pathIn: (exported: unknown) => unknown): string | undefined {
  try {
    const file = pathIn(require(name));
    return typeof file === 'string' && isExecutable(file) ? file : undefined;
  } catch {
    return undefined;
  }
}
