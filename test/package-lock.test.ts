import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

describe('package-lock.json', () => {
  it('has npm’s own order, so that npm install does not change it (else run npm run lock)', () => {
    const text = readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8');
    const paths = Object.keys((JSON.parse(text) as { packages: object }).packages);
    expect(paths).toEqual(paths.toSorted((a, b) => a.localeCompare(b, 'en')));
  });
});
