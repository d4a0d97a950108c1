import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const CLI = join(import.meta.dirname, '../src/track-cli.ts');

describe('the track command', () => {
  let folder = '';
  let detections = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'track-'));
    detections = join(folder, 'detections.jsonl');
    const lines = Array.from({ length: 12 }, (_, i) => ({
      n: i + 1,
      t: i / 30,
      dets: [
        { box: [100 + 2 * i, 50, 40, 100], score: 0.9, feature: [1, 0.1] },
        { box: [400 - 2 * i, 60, 40, 100], score: 0.8, feature: [0.1, 1] },
      ],
    }));
    await writeFile(detections, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  });

  afterAll(() => rm(folder, { recursive: true }));

  const track = (...args: string[]) =>
    run(process.execPath, [CLI, ...args]).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

  it('writes one MOT row for each detection of a track', async () => {
    const out = join(folder, 'auto.txt');
    await track('--detections', detections, '--out', out);
    const rows = (await readFile(out, 'utf8')).trim().split('\n');
    expect(rows).toHaveLength(24);
    expect(rows[0]).toBe('1,1,100.000,50.000,40.000,100.000,0.9,-1,-1,-1');
    expect(rows[23]).toBe('12,2,378.000,60.000,40.000,100.000,0.8,-1,-1,-1');
  });

  it('keeps what boxes in fractions of a picture are', async () => {
    const fractions = join(folder, 'fractions.jsonl');
    const box = [0.123456789, 0.05, 0.020834, 0.0000015];
    const lines = [1, 2].map((n) => `${JSON.stringify({ n, t: n, dets: [{ box, score: 0.9 }] })}\n`);
    await writeFile(fractions, lines.join(''));
    const { stdout } = await track('--detections', fractions, '--out', '-');
    expect(stdout.split('\n')[0]?.split(',').slice(2, 6).map(Number)).toEqual(box);
  });

  it('reports as the published program does in deepsort mode: from the third sighting on', async () => {
    const { stdout } = await track(
      '--detections',
      detections,
      '--out',
      '-',
      '--rate-mode',
      'deepsort',
      '--n-init',
      '3',
      '--max-age',
      '30',
      '--max-cosine-distance',
      '0.2',
      '--nn-budget',
      '100',
    );
    const frames = stdout
      .trim()
      .split('\n')
      .map((row) => Number(row.split(',')[0]));
    expect(frames).toEqual(Array.from({ length: 20 }, (_, i) => 3 + Math.floor(i / 2)));
  });

  it('takes a threshold of 0, which only equal features meet', async () => {
    const { code, stdout } = await track('--detections', detections, '--out=-', '--max-cosine-distance=0');
    expect(code).toBe(0);
    expect(stdout).not.toContain('NaN');
    expect(stdout.trim().split('\n')).toHaveLength(24);
  });

  it('says in one line that a file cannot be written', async () => {
    const { code, stderr } = await track('--detections', detections, '--out', '/no/such/rows.txt');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^CONFIG_INVALID: cannot write \/no\/such\/rows\.txt: ENOENT[^\n]*\n$/);
  });

  it('does not write over the detections it reads, whatever leads to them', async () => {
    const input = join(folder, 'only-copy.jsonl');
    const link = join(folder, 'link.txt');
    await copyFile(detections, input);
    await symlink(input, link);
    for (const out of [input, link]) {
      const { code, stderr } = await track('--detections', input, '--out', out);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^CONFIG_INVALID: --out is the file that is read: name another[^\n]*\n$/);
    }
    expect(await readFile(input, 'utf8')).toBe(await readFile(detections, 'utf8'));
  });

  it.each([
    ['no files', [], 'name --detections FILE and --out FILE'],
    ['an unknown option', ['--nonsense'], 'nonsense'],
    ['an option without its value', ['--n-init', '-3'], "'--n-init' argument is ambiguous"],
    [
      'an unknown mode',
      ['--detections', 'x', '--out', '-', '--rate-mode', 'fast'],
      '--rate-mode is auto or deepsort',
    ],
    [
      'a number that is none',
      ['--detections', 'x', '--out', '-', '--n-init', '1.5'],
      '--n-init must be a whole number',
    ],
    [
      'a hexadecimal number',
      ['--detections', 'x', '--out', '-', '--n-init', '0x10'],
      '--n-init must be a whole number',
    ],
    [
      'a distance that is none',
      ['--detections', 'x', '--out', '-', '--max-cosine-distance=-1'],
      '--max-cosine-distance must be a number from 0 on',
    ],
    [
      'a picture that is none',
      ['--detections', 'x', '--out', '-', '--picture', '640'],
      '--picture is WIDTHxHEIGHT',
    ],
    [
      'a file that is not there',
      ['--detections', '/no/such.jsonl', '--out', '-'],
      'cannot read /no/such.jsonl',
    ],
  ])('says in one line what is wrong with %s', async (_name, args, message) => {
    const { code, stderr } = await track(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('ends without a word when nobody reads its rows any more', async () => {
    const child = spawn(process.execPath, [CLI, '--detections', detections, '--out', '-']);
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += String(text)));
    const [code] = await once(child, 'close');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('explains itself', async () => {
    const { stdout } = await track('--help');
    expect(stdout).toContain('Usage: npm run -s track -- --detections FILE.jsonl');
    expect(stdout).toContain('frames at least 1 ms apart, boxes at least 0.000001 pixels wide and high');
  });
});
