/** Frames of a video for measurements, through the same reader the worker uses. */
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import type { Frame } from '../src/media/frame.ts';
import { readFrames } from '../src/media/frame-reader.ts';
import { probeVideo } from '../src/media/probe.ts';
import { DEFAULT_VIDEO_LIMITS } from '../src/media/video-limits.ts';

/**
 * One frame for every interval of a video; every frame when the interval is null and the frame rate constant.
 * @throws WorkerError VIDEO_*, DECODER_FAILED, FFMPEG_MISSING
 */
export async function* videoFrames(file: string, intervalMs: number | null): AsyncGenerator<Frame, void> {
  const { signal } = new AbortController();
  const options = { ffmpeg: findFfmpeg(process.env), limits: DEFAULT_VIDEO_LIMITS };
  const video = await probeVideo(file, options, signal);
  yield* readFrames({ file, video, intervalMs: intervalMs ?? 1000 / video.frameRate, ...options }, signal);
}
