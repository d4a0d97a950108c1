/** A short film through the whole pipeline before the first job: an ffmpeg that cannot decode would blame every video it is given. */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { WorkerError } from '../errors.ts';
import { makePrivateFolder } from '../media/private-folder.ts';
import { DEFAULT_VIDEO_LIMITS } from '../media/video-limits.ts';
import { detectVideo } from './detect-video.ts';
import type { Engines } from './engines.ts';

/** Two drawn people, 640x360, H.264, six seconds (tools/write-self-test-film.ts). */
const FILM = fileURLToPath(new URL('self-test.mp4', import.meta.url));
const SECONDS = 6;

/**
 * Resolves when the film was decoded and analysed; whom the networks saw in it is theirs to say. The code is warm by then: without it
 * the first job takes a tenth of a second more CPU time.
 * @throws WorkerError FFMPEG_MISSING when the ffmpeg cannot decode it, or whatever else keeps every video from being analysed
 */
export async function selfTest({ media, ...engines }: Engines): Promise<void> {
  const folder = await makePrivateFolder({});
  const request = {
    jobId: 'self-test',
    file: FILM,
    folder,
    frameIntervalSeconds: 1,
    detectFaces: true,
    detectPoses: true,
  };
  // The limits of the configuration are those of jobs.
  const unlimited = { ...engines, media: { ...media, limits: DEFAULT_VIDEO_LIMITS } };
  try {
    const { signal } = new AbortController();
    const { summary } = await detectVideo(request, unlimited, () => undefined, signal);
    const { total_frames: frames } = summary;
    if (frames !== SECONDS) throw new WorkerError('VIDEO_CORRUPT', `${frames} of ${SECONDS} pictures came`);
  } catch (error) {
    throw isDecodersFault(error) ? unfit(media.ffmpeg, error) : error;
  } finally {
    await rm(folder, { recursive: true, force: true });
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
