import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDecoder } from '../../src/media/decoder-self-test.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';

const ffmpeg = findFfmpeg(process.env);
const never = new AbortController().signal;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'self-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A program in the place of ffmpeg. */
async function program(script: string): Promise<string> {
  const file = join(folder, 'ffmpeg');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

describe('the self-test of the decoder', () => {
  it('passes with the ffmpeg at hand, and leaves nothing behind', async () => {
    const ownFolders = async () =>
      (await readdir(tmpdir())).filter((name) => name.includes(`-${process.pid}-`));
    const before = await ownFolders();
    await testDecoder(ffmpeg, never);
    expect(await ownFolders()).toEqual(before);
  });

  it.each([
    ['decodes nothing', 'exit 1', '(ffmpeg ended with status 1): install a complete ffmpeg'],
    ['dies of a signal', 'kill -ILL $$', '(ffmpeg ended with SIGILL'],
    [
      'decodes one picture only',
      `case "$*" in *-frames:v*) exec ${ffmpeg} "$@";; esac; exit 1`,
      'the film of the self-test',
    ],
    [
      'lacks a library',
      'echo "ffmpeg: error while loading shared libraries: libavdevice.so.59: cannot open" >&2; exit 127',
      'shared libraries: libavdevice.so.59: cannot open',
    ],
  ])('names an ffmpeg that %s', async (_, script, words) => {
    const unfit = await program(script);
    await expect(testDecoder(unfit, never)).rejects.toMatchObject({
      code: 'FFMPEG_MISSING',
      message: expect.stringMatching(new RegExp(`^${unfit} cannot decode`)),
    });
    await expect(testDecoder(unfit, never)).rejects.toMatchObject({
      message: expect.stringContaining(words),
    });
  });

  it('names the reason where a real ffmpeg lacks the decoder', async () => {
    // It leaves h264 out of what is allowed.
    const unfit = await program(
      `for arg; do shift; case "$arg" in h264,*) arg=\${arg#h264,};; esac; set -- "$@" "$arg"; done; exec ${ffmpeg} "$@"`,
    );
    const failure = await testDecoder(unfit, never).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'FFMPEG_MISSING' });
    expect(String(failure)).not.toContain('Copyright');
    expect(String(failure)).toMatch(/h264|codec|[Dd]ecoder/);
  });

  it('ends an ffmpeg that hangs, and says so', async () => {
    const failure = testDecoder(await program('sleep 600'), never, 500);
    await expect(failure).rejects.toMatchObject({
      code: 'FFMPEG_MISSING',
      message: expect.stringContaining('nothing came within 0.5 s'),
    });
  });

  it('ends with the reason to stop', async () => {
    const stop = new AbortController();
    const test = testDecoder(await program('sleep 600'), stop.signal);
    stop.abort(new Error('SIGTERM'));
    await expect(test).rejects.toThrow('SIGTERM');
  });

  it('takes a lack of memory for what it is', async () => {
    const failure = testDecoder(await program('echo "Cannot allocate memory" >&2; exit 1'), never);
    await expect(failure).rejects.toMatchObject({ code: 'DECODER_FAILED' });
  });
});
