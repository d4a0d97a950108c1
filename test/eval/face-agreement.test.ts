import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { compare } from '../../eval/face-agreement.ts';

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, '../../eval/eval.ts');

function face(x: number, side: number) {
  return { box: { x, y: 0, width: side, height: side }, confidence: 0.9, landmarks: null };
}

describe('the agreement of two face detectors', () => {
  it('counts what the other one has, for faces above a twentieth of the frame', () => {
    const reference = [face(0, 50), face(100, 40), face(200, 10)];
    const model = [face(2, 50), face(300, 30), face(200, 10)];
    expect(compare(model, reference, { height: 400 })).toEqual({
      wanted: 2,
      found: 1,
      claimed: 2,
      confirmed: 1,
    });
  });

  it('lets a small face of one confirm a tall face of the other', () => {
    const [small, tall] = [face(0, 19), face(0, 21)];
    expect(compare([tall], [small], { height: 400 })).toEqual({
      wanted: 0,
      found: 0,
      claimed: 1,
      confirmed: 1,
    });
    expect(compare([], [], { height: 400 })).toEqual({ wanted: 0, found: 0, claimed: 0, confirmed: 0 });
  });
});

describe('npm run eval', () => {
  it.each([
    [
      'face-agreement film.mp4 --reference face-detector --interval 0',
      '--interval is a number above 0, not 0 (see --help)',
    ],
    [
      'face-agreement film.mp4 --reference face-detector --confidence 7',
      '--confidence is a number from 0 to 1, not 7 (see --help)',
    ],
    ['pose-parity film.mp4 --interval x', '--interval is a number above 0, not x (see --help)'],
    ['faces . --input-size 0', '--input-size is a whole number above 0, not 0 (see --help)'],
    ['face-agreement no-such.mp4 --reference face-detector', 'the video file cannot be opened (ENOENT)'],
  ])('refuses "%s" in one line', async (words, message) => {
    const running = run(process.execPath, [PROGRAM, ...words.split(' ')], { timeout: 20_000 });
    const { code, stdout, stderr } = await running.then(
      () => ({ code: 0, stdout: '', stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.split('\n')).toEqual([expect.stringContaining(message), '']);
  });
});
