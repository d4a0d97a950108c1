/** A short film through ffmpeg before the first job: one that cannot decode would blame every video it is given. */
import { fileURLToPath } from 'node:url';
import { WorkerError } from '../errors.ts';
import { readFrames } from './frame-reader.ts';
import { probeVideo } from './probe.ts';
import { DEFAULT_VIDEO_LIMITS as limits } from './video-limits.ts';

/** H.264, 640x360, six seconds with a keyframe every two (tools/write-self-test-film.ts). */
const FILM = fileURLToPath(new URL('self-test.mp4', import.meta.url));
const INTERVAL_MS = 1000;
const FRAMES = 6;

/** A film of 15 kB takes a fifth of a second; on the slowest machine, some. */
const TIME_LIMIT_MS = 60_000;

/**
 * Resolves when the film was decoded, as videos are.
 * @param ffmpeg path of the program
 * @throws WorkerError FFMPEG_MISSING when it cannot decode, DECODER_FAILED when it lacked resources, DISK_FULL; the signal's reason when
 * it aborts
 */
export async function testDecoder(
  ffmpeg: string,
  signal: AbortSignal,
  timeLimitMs = TIME_LIMIT_MS,
): Promise<void> {
  const tooLong = AbortSignal.timeout(timeLimitMs);
  try {
    const frames = await countFrames(ffmpeg, AbortSignal.any([signal, tooLong]));
    if (frames !== FRAMES) throw new WorkerError('VIDEO_CORRUPT', `${frames} of ${FRAMES} pictures came`);
  } catch (error) {
    signal.throwIfAborted();
    if (tooLong.aborted) throw unfit(ffmpeg, `nothing came within ${timeLimitMs / 1000} s`, error);
    throw isDecodersFault(error) ? unfit(ffmpeg, reasonOf(error), error) : error;
  }
}

async function countFrames(ffmpeg: string, signal: AbortSignal): Promise<number> {
  const video = await probeVideo(FILM, { ffmpeg, limits }, signal);
  let frames = 0;
  for await (const _ of readFrames({ file: FILM, video, intervalMs: INTERVAL_MS, ffmpeg, limits }, signal)) {
    frames++;
  }
  return frames;
}

/** What passes by itself, as a lack of memory, is not. */
function isDecodersFault(error: unknown): error is WorkerError {
  if (!(error instanceof WorkerError)) return false;
  return error.endedBySignal || error.code.startsWith('VIDEO_') || error.code === 'FFMPEG_MISSING';
}

/** Some of these errors blame the film; the first line of their cause tells how ffmpeg ended. */
function reasonOf(error: WorkerError): string | undefined {
  return (error.cause instanceof Error ? error.cause : error).message.split('\n', 1)[0];
}

function unfit(ffmpeg: string, reason: string | undefined, cause: unknown): WorkerError {
  return new WorkerError(
    'FFMPEG_MISSING',
    `${ffmpeg} cannot decode the film of the self-test (${reason}): install a complete ffmpeg (Debian: apt-get install -y ffmpeg), or name another in FFMPEG_PATH`,
    { cause },
  );
}
