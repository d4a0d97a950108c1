import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { settingsTable, withSettingsTable } from '../tools/readme-settings.ts';

const README = join(import.meta.dirname, '../README.md');
const text = readFileSync(README, 'utf8');

describe('README.md', () => {
  it('lists every setting as it is (else run npm run readme)', () => {
    expect(text).toBe(withSettingsTable(text, settingsTable()));
  });

  it('links only to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target as string);
    expect(links.filter((target) => !existsSync(join(dirname(README), target)))).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(dirname(README), 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...text.matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, name]) => name as string);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});
