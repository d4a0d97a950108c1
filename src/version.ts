/** The worker's own version, from package.json. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const packageJson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as unknown;

export const WORKER_VERSION = z.object({ version: z.string() }).parse(packageJson).version;
