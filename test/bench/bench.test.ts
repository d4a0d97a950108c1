import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { makeVariant, variants } from '../../bench/exactness-variants.ts';
import { runJob } from '../../bench/run-job.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';
import { probeVideo } from '../../src/media/probe.ts';
import { DEFAULT_VIDEO_LIMITS as limits } from '../../src/media/video-limits.ts';

const run = promisify(execFile);
const BENCH = join(import.meta.dirname, '../../bench/bench.ts');
const CLIP = join(import.meta.dirname, '../../src/media/self-test.mp4');

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ffmpeg = findFfmpeg(process.env);

/** Makes the first of the generated files whose name begins so; its path. */
function generated(name: string, to: string): string {
  const variant = [...variants()].find((each) => each.name.startsWith(name));
  if (variant === undefined) throw new Error(`no file is called ${name}`);
  const file = join(to, variant.file);
  makeVariant(variant, file, ffmpeg);
  return file;
}

/** Whether the ffmpeg at hand can copy chosen packets, as 5.0 and newer can. */
function canDropPackets(): boolean {
  return execFileSync(ffmpeg, ['-v', 'error', '-h', 'bsf=noise'], { encoding: 'utf8' }).includes('-drop ');
}

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
    ['worker --slots 0', '--slots is a whole number above 0, not 0 (see --help)'],
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

  it.each([
    ['mp4', 90],
    ['mov', 180],
    ['mov', 270],
  ])('of exactness turns files: %s by %s degrees', async (container, degrees) => {
    const file = generated(`h264 B0 ${container} group 60 constant turned ${degrees}`, folder);
    const video = await probeVideo(file, { ffmpeg, limits }, new AbortController().signal);
    expect(video.rotationDegrees).toBe(degrees);
  });

  it('of exactness compares the videos of a folder with those of the folders in it', async () => {
    mkdirSync(join(folder, 'videos/odd'), { recursive: true });
    for (const name of ['one.mp4', 'odd/two.mp4']) copyFileSync(CLIP, join(folder, 'videos', name));
    const { stdout } = await run(process.execPath, [BENCH, 'exactness', '--videos', join(folder, 'videos')]);
    expect(stdout).toMatch(/^equal one\.mp4 every 730 ms: \w+, one thread/m);
    expect(stdout).toMatch(/^equal one\.mp4 every 730 ms: \w+, two threads/m);
    expect(stdout).toMatch(/^equal odd\/two\.mp4 every/m);
    expect(stdout).toContain('16 equal, 0 different, 0 refused');
  });

  const itWithDrops = canDropPackets() ? it : it.skip;
  itWithDrops(
    'of decoding prices pixels and bytes also where the decoder cannot pass over pictures',
    async () => {
      mkdirSync(join(folder, 'vp9'));
      generated('vp9 mkv group 60 constant', join(folder, 'vp9'));
      const { stdout } = await run(process.execPath, [BENCH, 'calibrate', '--videos', join(folder, 'vp9')]);
      expect(stdout).toMatch(
        /^vp9: \{ megapixelMs: \d+\.\d\d, megabyteMs: \d+ \}, of 2 decodings, \d+ % off/m,
      );
    },
  );

  it('of a job tells which of its CPU time the looking at frames took', async () => {
    const { ownCpuSeconds, inferenceCpuSeconds, frames } = await runJob(CLIP, []);
    expect(frames).toBeGreaterThan(0);
    expect(inferenceCpuSeconds).toBeGreaterThan(0);
    expect(inferenceCpuSeconds).toBeLessThan(ownCpuSeconds);
  });

  it('of a job that has a second detection thread tells the same of what was seen', async () => {
    const [one, two] = [await runJob(CLIP, []), await runJob(CLIP, ['--detection-threads', '2'])];
    const { frames, faces, poses, plan } = one;
    expect(two).toMatchObject({ frames, faces, poses, plan, inferenceCpuSeconds: null });
    expect(two.ownCpuSeconds).toBeGreaterThan(0);
  });

  it('of a worker tells what the whole process takes after every round of jobs', async () => {
    const words = ['worker', '--video', CLIP, '--slots', '2', '--jobs', '3', '--cache', folder];
    const { stdout } = await run(process.execPath, [BENCH, ...words]);
    expect(stdout).toMatch(
      /^ready after \d+ ms: RSS \d+ MiB, at most \d+\n2 jobs done: RSS \d+ MiB, at most \d+\n3 jobs done: RSS \d+ MiB, at most \d+\n$/,
    );
  });
});
