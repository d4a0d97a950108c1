import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Setting } from '../src/setting.ts';
import { SETTINGS } from '../src/settings.ts';

const LOG = join(import.meta.dirname, '../src/log.ts');

/** What the logger writes of one line with these fields. */
function logged(fields: object): string {
  const program = `const { createLogger } = await import(${JSON.stringify(LOG)});
    createLogger('info').info(${JSON.stringify(fields)}, 'a line');`;
  return execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
}

const SECRET = 'nobody-may-read-this';
const secretSettings = Object.entries(SETTINGS as Readonly<Record<string, Setting<unknown>>>)
  .filter(([, { secret }]) => secret === true)
  .map(([key]) => key);

describe('a log line', () => {
  it.each(['authorization', 'cookie', 'secret', 'secrets', 'token', ...secretSettings])(
    'hides %s, as a field and in an object',
    (name) => {
      const line = logged({ [name]: SECRET, deeper: { [name]: SECRET, kept: 'as it is' } });
      expect(line).not.toContain(SECRET);
      expect(JSON.parse(line)).toMatchObject({
        level: 'info',
        [name]: '[redacted]',
        deeper: { [name]: '[redacted]', kept: 'as it is' },
      });
    },
  );
});
