import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAnalysisConfig } from '../../src/config.ts';
import { engineOptions } from '../../src/engine-options.ts';
import { DEFAULT_VIDEO_LIMITS } from '../../src/media/video-limits.ts';
import { type Engines, loadEngines } from '../../src/pipeline/engines.ts';
import { selfTest } from '../../src/pipeline/self-test.ts';

describe('the self-test', () => {
  let engines: Engines;
  let folder: string;

  beforeAll(async () => {
    engines = await loadEngines(engineOptions(readAnalysisConfig(process.env), process.env));
    folder = await mkdtemp(join(tmpdir(), 'self-test-'));
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  /** The engines with a program in the place of ffmpeg. */
  async function withFfmpeg(script: string): Promise<Engines> {
    const ffmpeg = join(folder, 'ffmpeg');
    await writeFile(ffmpeg, `#!/bin/sh\n${script}\n`);
    await chmod(ffmpeg, 0o755);
    return { ...engines, media: { ...engines.media, ffmpeg } };
  }

  it('passes with the ffmpeg at hand, whatever limits jobs have, and leaves nothing behind', async () => {
    const privateFolders = async () =>
      (await readdir(tmpdir())).filter((name) => name.includes(`-${process.pid}-`));
    const before = await privateFolders();
    const limits = { ...DEFAULT_VIDEO_LIMITS, maxBytes: 1, maxDurationMs: 1 };
    await selfTest({ ...engines, media: { ...engines.media, limits } });
    expect(await privateFolders()).toEqual(before);
  });

  it('names an ffmpeg that decodes nothing', async () => {
    await expect(selfTest(await withFfmpeg('exit 1'))).rejects.toMatchObject({
      code: 'FFMPEG_MISSING',
      message: expect.stringContaining(
        'cannot decode the film of the self-test (ffmpeg ended with status 1): install a complete ffmpeg',
      ),
    });
  });

  it('names an ffmpeg that dies of a signal', async () => {
    await expect(selfTest(await withFfmpeg('kill -ILL $$'))).rejects.toMatchObject({
      code: 'FFMPEG_MISSING',
      message: expect.stringContaining('ffmpeg ended with SIGILL'),
    });
  });

  it('names an ffmpeg that decodes too little', async () => {
    const { ffmpeg } = engines.media;
    // The first picture for the probe, and none of the others.
    const engine = await withFfmpeg(
      `case "$*" in *showinfo*-frames:v*) exec ${ffmpeg} "$@";; *) exit 1;; esac`,
    );
    await expect(selfTest(engine)).rejects.toMatchObject({ code: 'FFMPEG_MISSING' });
  });

  it('names an ffmpeg whose libraries are missing', async () => {
    const engine = await withFfmpeg(
      'echo "ffmpeg: error while loading shared libraries: libavdevice.so.59: cannot open" >&2; exit 127',
    );
    await expect(selfTest(engine)).rejects.toMatchObject({
      code: 'FFMPEG_MISSING',
      message: expect.stringContaining('shared libraries: libavdevice.so.59: cannot open'),
    });
  });
});
