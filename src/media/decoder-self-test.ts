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

/**
 * Resolves when the film was decoded, as videos are.
 * @param ffmpeg path of the program
 * @throws WorkerError FFMPEG_MISSING when it cannot decode; DISK_FULL
 */
export async function testDecoder(ffmpeg: string): Promise<void> {
  const { signal } = new AbortController();
  try {
    const video = await probeVideo(FILM, { ffmpeg, limits }, signal);
    const request = { file: FILM, video, intervalMs: INTERVAL_MS, ffmpeg, limits };
    let frames = 0;
    for await (const _ of readFrames(request, signal)) frames++;
    if (frames !== FRAMES) throw new WorkerError('VIDEO_CORRUPT', `${frames} of ${FRAMES} pictures came`);
  } catch (error) {
    throw isDecodersFault(error) ? unfit(ffmpeg, error) : error;
  }
}

function isDecodersFault(error: unknown): error is WorkerError {
  return error instanceof WorkerError && /^(VIDEO|DECODER|FFMPEG)_/.test(error.code);
}

/** Some of these errors blame the film; the first line of their cause tells how ffmpeg ended. */
function unfit(ffmpeg: string, cause: WorkerError): WorkerError {
  const [reason] = (cause.cause instanceof Error ? cause.cause : cause).message.split('\n', 1);
  return new WorkerError(
    'FFMPEG_MISSING',
    `${ffmpeg} cannot decode the film of the self-test (${reason}): install a complete ffmpeg (Debian: apt-get install -y ffmpeg), or name another in FFMPEG_PATH`,
    { cause },
  );
}
