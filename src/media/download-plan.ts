/** Finds out which bytes of a video that lies elsewhere are needed to sample it, by reading its index and nothing else. */
import type { ByteRange } from '../byte-ranges.ts';
import type { Sampling } from './fetch-plan.ts';
import { findMp4Index, type ReadBytes } from './mp4-layout.ts';
import { askThread } from './thread-with-deadline.ts';

/** What the thread is given. */
export interface IndexQuestion {
  /** The whole box. */
  readonly moov: Uint8Array;
  readonly sampling: Sampling;
}

/** An index of the largest size is read in a tenth of it. */
const DEADLINE_MS = 20_000;
const MAX_HEAP_MEBIBYTES = 1024;

/**
 * The bytes of the media that are needed, besides those that were read on the way. The index is read in a thread of its own: that of a
 * long video would keep the caller's from its heartbeats.
 * @param fileBytes size of the video
 * @param read reads bytes from afar; what it gave is taken for fetched
 * @returns ascending ranges, apart from each other; null when the whole is needed, or the container does not tell
 * @throws what `read` throws; the signal's reason when it aborts
 */
export async function planDownload(
  fileBytes: number,
  sampling: Sampling,
  read: ReadBytes,
  signal: AbortSignal,
): Promise<readonly ByteRange[] | null> {
  const moov = await findMp4Index(fileBytes, read);
  signal.throwIfAborted();
  if (moov === null) return null;
  // An answer that fails to come is no answer: the whole is always right.
  return await askThread<readonly ByteRange[]>(
    {
      program: new URL('./fetch-plan-thread.ts', import.meta.url),
      data: { moov, sampling } satisfies IndexQuestion,
      transfer: ownBuffer(moov),
      deadlineMs: DEADLINE_MS,
      maxHeapMebibytes: MAX_HEAP_MEBIBYTES,
    },
    signal,
  );
}

/** The buffer of bytes that nobody else sees. */
function ownBuffer({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
