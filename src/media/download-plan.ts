/** Finds out which bytes of a video that lies elsewhere are needed to sample it, by reading its index and nothing else. */
import { type ByteRange, joinedRanges, type ReadBytes } from '../byte-ranges.ts';
import type { IndexQuestion } from './fetch-plan-thread.ts';
import type { KnownWindow } from './known-windows.ts';
import { findMatroskaCues } from './matroska-cues.ts';
import type { Filler, MatroskaFetchPlan } from './matroska-fetch-plan.ts';
import type { Mp4FetchPlan } from './mp4-fetch-plan.ts';
import { findMp4Index } from './mp4-layout.ts';
import type { Sampling } from './sampling.ts';
import { askThread, THREAD_DEADLINE_MS } from './thread-with-deadline.ts';

/** What to fetch of a video. */
export interface DownloadPlan {
  /** Ascending and apart from each other; what was read on the way is among them where it is needed. */
  readonly parts: readonly ByteRange[];
  /** Those of them that must be there before the video is opened: the others may come while it is read. Null for all. */
  readonly opening: readonly ByteRange[] | null;
  /** What to write into the holes. */
  readonly fillers: readonly Filler[];
  /** Which times are known then; null where the index tells of every picture, fetched or not. */
  readonly windows: readonly KnownWindow[] | null;
}

const MAX_HEAP_MEBIBYTES = 1024;

/**
 * The index is read in a thread of its own: that of a long video would keep the caller's from its heartbeats.
 * @param fileBytes size of the video
 * @param read reads bytes from afar
 * @returns null when the whole is needed, or the container does not tell
 * @throws what `read` throws; the signal's reason when it aborts
 */
export async function planDownload(
  fileBytes: number,
  sampling: Sampling,
  read: ReadBytes,
  signal: AbortSignal,
): Promise<DownloadPlan | null> {
  const cues = await findMatroskaCues(fileBytes, read);
  if (cues !== null) {
    const plan = await ask<MatroskaFetchPlan>({ cues, fileBytes, sampling }, cues.bytes, signal);
    // Its reader walks from cluster to cluster, through all of it, to list the pictures.
    return plan === null ? null : { ...plan, opening: null };
  }
  const wasRead: ByteRange[] = [];
  const moov = await findMp4Index(fileBytes, async (range) => {
    wasRead.push(range);
    return await read(range);
  });
  if (moov === null) return null;
  const plan = await ask<Mp4FetchPlan>({ moov, sampling }, moov, signal);
  if (plan === null) return null;
  const withIndex = (ranges: readonly ByteRange[]) => joinedRanges([...wasRead, ...ranges]);
  const opening = plan.opening === null ? null : withIndex(plan.opening);
  return { parts: withIndex(plan.parts), opening, fillers: [], windows: null };
}

/** An answer that fails to come is no answer: the whole is always right. */
async function ask<T>(
  question: IndexQuestion,
  { buffer, byteLength }: Uint8Array,
  signal: AbortSignal,
): Promise<T | null> {
  const isAlone = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  return await askThread<T>(
    {
      program: new URL('./fetch-plan-thread.ts', import.meta.url),
      data: question,
      transfer: isAlone ? [buffer] : [],
      deadlineMs: THREAD_DEADLINE_MS,
      maxHeapMebibytes: MAX_HEAP_MEBIBYTES,
    },
    signal,
  );
}
