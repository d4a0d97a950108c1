import { describe, expect, it } from '@jest/globals';
import { ffmpegDialect, parseDialect } from '../../src/media/ffmpeg-dialect.ts';

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

  it('is read from the first words of the program', () => {
    const words = ['ffmpeg version N-47683-g0e8eb07980-static', '  libavutil      56. 24.101 / 56. 24.101'];
    expect(parseDialect(words)).toEqual(ffmpegDialect(56));
    expect(parseDialect(['something else'])).toEqual(ffmpegDialect(Number.POSITIVE_INFINITY));
  });
});
