/** Reads the golden numbers of test/fixtures/tracking; each file states where its numbers come from and how exact they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function readGolden<T>(name: string): T {
  return JSON.parse(
    readFileSync(join(import.meta.dirname, '../fixtures/tracking', `${name}.json`), 'utf8'),
  ) as T;
}
