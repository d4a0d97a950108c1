import { describe, expect, it } from '@jest/globals';
import { ffmpegDialect, readFfmpegDialect } from '../../src/media/ffmpeg-version.ts';
import { ffmpeg } from './counted-clip.ts';

describe('the dialect of an ffmpeg', () => {
  it.each([
    ['4.0 (2018)', 56, '-vsync', '-filter_script:v'],
    ['5.1', 57, '-vsync', '-filter_script:v'],
    ['6.0', 58, '-fps_mode', '-filter_script:v'],
    ['7.0', 59, '-fps_mode', '-/filter:v'],
    ['8.0', 60, '-fps_mode', '-/filter:v'],
  ])('is the one of its version: %s', (_, libavutil, timesOption, filterFileOption) => {
    expect(ffmpegDialect(libavutil)).toEqual({ keepTimes: [timesOption, 'passthrough'], filterFileOption });
  });

  it('is told by the program itself', async () => {
    const dialect = await readFfmpegDialect(ffmpeg, new AbortController().signal);
    expect(['-vsync', '-fps_mode']).toContain(dialect.keepTimes[0]);
  });
});
