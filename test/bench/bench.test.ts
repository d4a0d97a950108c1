import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { variants } from '../../bench/exactness-variants.ts';

const run = promisify(execFile);
const BENCH = join(import.meta.dirname, '../../bench/bench.ts');

describe('a bench', () => {
  it.each([
    ['job --runs 1.5', '--runs is a whole number above 0, not 1.5 (see --help)'],
    ['profile --interval -', '--interval is a number above 0, not - (see --help)'],
    ['scale --slots 1,,2', '--slots is a whole number above 0, not  (see --help)'],
    ['threads --jobs 0', '--jobs is a whole number above 0, not 0 (see --help)'],
    ['length --hours x', '--hours is a number above 0, not x (see --help)'],
    ['memory --frames x', '--frames is a whole number above 0, not x (see --help)'],
    ['models --rounds 0', '--rounds is a whole number above 0, not 0 (see --help)'],
    ['download --tolerance=-1', '--tolerance is 0 or a number above it, not -1 (see --help)'],
    ['download --mode rnaged', '--mode is auto or ranged, not rnaged (see --help)'],
    ['tracking --long', "Unknown option '--long'"],
    ['exactness --count Infinity', '--count is a whole number above 0, not Infinity (see --help)'],
    ['hostile --files 1e99x', '--files is a whole number above 0, not 1e99x (see --help)'],
    ['toString', 'there is no kind toString, only '],
  ])('refuses "%s" in one line', async (words, message) => {
    const running = run(process.execPath, [BENCH, ...words.split(' ')], { timeout: 20_000 });
    const { code, stdout, stderr } = await running.then(
      () => ({ code: 0, stdout: '', stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.split('\n')).toEqual([expect.stringContaining(message), '']);
  });

  it('of exactness generates as many files as its help says', async () => {
    const { stdout } = await run(process.execPath, [BENCH, 'exactness', '--help']);
    expect(stdout).toContain(`[${[...variants()].length} generated files]`);
  });
});
