import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readAnalysisConfig } from '../src/config.ts';
import { engineOptions } from '../src/engine-options.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import { probeVideo } from '../src/media/probe.ts';
import { DEFAULT_VIDEO_LIMITS } from '../src/media/video-limits.ts';
import { POSE_ENGINES, POSE_MODELS } from '../src/vision/pose/load-pose-engine.ts';

const GIBIBYTE = 1024 ** 3;

/** The code a file of that many bytes, all of them zero, is refused with. */
async function refusalOf(bytes: number, env: Readonly<Record<string, string>>): Promise<unknown> {
  const { media } = engineOptions(readAnalysisConfig(env), process.env);
  const folder = await mkdtemp(join(tmpdir(), 'engine-options-'));
  try {
    const file = join(folder, 'video.mp4');
    const handle = await open(file, 'w');
    await handle.truncate(bytes);
    await handle.close();
    return await probeVideo(file, media, AbortSignal.timeout(10_000)).catch(({ code }) => code as unknown);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the options of the engines', () => {
  it('allow a video as many bytes as MAX_VIDEO_BYTES says, and no more', async () => {
    expect(await refusalOf(6 * GIBIBYTE, {})).toBe('VIDEO_TOO_LARGE');
    expect(await refusalOf(1001, { MAX_VIDEO_BYTES: '1000' })).toBe('VIDEO_TOO_LARGE');
    const env = { MAX_VIDEO_BYTES: String(30 * GIBIBYTE) };
    expect(await refusalOf(25 * GIBIBYTE, env)).not.toBe('VIDEO_TOO_LARGE');
  });

  it('are, where nothing is set, the limits that benches and evaluations keep to as well', () => {
    expect(engineOptions(readAnalysisConfig({}), process.env).media.limits).toEqual(DEFAULT_VIDEO_LIMITS);
  });

  it('offer every pose engine and every landmark network there is', () => {
    for (const POSE_ENGINE of POSE_ENGINES) {
      for (const POSE_MODEL of POSE_MODELS) {
        const { poses } = engineOptions(readAnalysisConfig({ POSE_ENGINE, POSE_MODEL }), process.env);
        expect(poses).toMatchObject({ engine: POSE_ENGINE, model: POSE_MODEL });
      }
    }
  });

  it('name the ffmpeg of the validated configuration, and look on PATH without one', () => {
    const chosen = engineOptions(readAnalysisConfig({ FFMPEG_PATH: process.execPath }), {});
    expect(chosen.media.ffmpeg).toBe(process.execPath);
    const { PATH } = process.env;
    const found = engineOptions(readAnalysisConfig({}), { PATH, FFMPEG_PATH: '/no/such/ffmpeg' });
    expect(found.media.ffmpeg).toBe(findFfmpeg({ PATH }));
  });
});
