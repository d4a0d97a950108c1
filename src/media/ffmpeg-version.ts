/** Asks an ffmpeg how old it is, because two options it is given have changed their names. */
import { runFfmpeg } from './ffmpeg-process.ts';
import { createLineSplitter } from './line-splitter.ts';

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

/** Runs `ffmpeg -version`. An ffmpeg that says nothing of its libraries is taken for a new one. */
export async function readFfmpegDialect(ffmpeg: string, signal: AbortSignal): Promise<FfmpegDialect> {
  let libavutil = Number.POSITIVE_INFINITY;
  const lines = createLineSplitter((line) => {
    const match = /^libavutil\s+(\d+)\./.exec(line);
    if (match !== null) libavutil = Number(match[1]);
  });
  await runFfmpeg({ ffmpeg, args: ['-version'] }, (chunk) => lines.push(chunk), signal);
  lines.end();
  return ffmpegDialect(libavutil);
}

/** The dialect of the ffmpeg with this major version of libavutil. */
export function ffmpegDialect(libavutilMajor: number): FfmpegDialect {
  return {
    keepTimes: [libavutilMajor >= FIRST_WITH_FPS_MODE ? '-fps_mode' : '-vsync', 'passthrough'],
    filterFileOption: libavutilMajor >= FIRST_WITH_OPTION_FILES ? '-/filter:v' : '-filter_script:v',
  };
}
