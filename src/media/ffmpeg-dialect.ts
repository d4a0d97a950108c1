/** Tells how old an ffmpeg is, because two options it is given have changed their names. */

/** The spelling of options that differ between versions. */
export interface FfmpegDialect {
  /** Output options that keep every picture and its time as it is. */
  readonly keepTimes: readonly string[];
  /** Output option whose value is the name of a file with the video filter's description. */
  readonly filterFileOption: string;
}

/** Major versions of libavutil: 58 came with ffmpeg 6.0 (2023), 59 with 7.0 (2024). Builds from git name no release, but always this. */
const FIRST_WITH_FPS_MODE = 58;
const FIRST_WITH_OPTION_FILES = 59;

/** Reads the dialect from the lines ffmpeg begins with. One that says nothing of its libraries is taken for a new one. */
export function parseDialect(lines: readonly string[]): FfmpegDialect {
  for (const line of lines) {
    const libavutil = /^\s*libavutil\s+(\d+)\./.exec(line);
    if (libavutil !== null) return ffmpegDialect(Number(libavutil[1]));
  }
  return ffmpegDialect(Number.POSITIVE_INFINITY);
}

/** The dialect of the ffmpeg with this major version of libavutil. */
export function ffmpegDialect(libavutilMajor: number): FfmpegDialect {
  return {
    keepTimes: [libavutilMajor >= FIRST_WITH_FPS_MODE ? '-fps_mode' : '-vsync', 'passthrough'],
    filterFileOption: libavutilMajor >= FIRST_WITH_OPTION_FILES ? '-/filter:v' : '-filter_script:v',
  };
}
