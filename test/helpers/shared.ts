/** Finds the folder of large test media, models and golden numbers; tests that need it skip, with a printed reason, where it is not. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '@jest/globals';

const root = process.env.CLIPPING_WORKER_SHARED ?? '';

/** A path inside the shared folder. Throws when CLIPPING_WORKER_SHARED is not set: guard with `describeWithShared`. */
export function sharedPath(...parts: string[]): string {
  if (root === '') throw new Error('CLIPPING_WORKER_SHARED is not set');
  return join(root, ...parts);
}

/** `describe` for tests that read the shared folder; skipped, with the reason in the name, when it is not there. */
export function describeWithShared(name: string, tests: () => void): void {
  if (root !== '' && existsSync(root)) describe(name, tests);
  else describe.skip(`${name} (skipped: CLIPPING_WORKER_SHARED names no folder)`, tests);
}
