/**
 * Keeps a job that ends its workers from ending all of them, and from being held against the jobs beside it: every attempt is noted,
 * after a crash the next one has its process to itself, and two crashes at one point of its video are enough.
 */
import { toWorkerError, WorkerError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { JournalEnding } from './attempt-notes.ts';
import type { Isolation } from './isolation.ts';
import type { JournalPage } from './job-journal.ts';

/** Crashes, with no checkpoint in between, after which a job is failed instead of tried again. */
const MAX_CRASHES = 2;

/** How long a job is held up to note how its attempt ended, when its own signal may have ended already; then it is noted later. */
const CLOSE_TIMEOUT_MS = 2000;

export interface GuardedAttempt {
  /** Not opened yet. */
  readonly page: JournalPage;
  /** Shared by all jobs of the process. */
  readonly isolation: Isolation;
  readonly log: Logger;
}

/**
 * Runs `work` between two notes on the page, beside other jobs, or alone when earlier attempts at this job have crashed: whichever job
 * of a process was the cause, the next crash is the doing of one of them alone.
 * @throws WorkerError WORKER_CRASHED when earlier attempts have ended their workers too often; what `work` throws; the signal's reason
 */
export async function guardAgainstCrashes<T>(
  { page, isolation, log }: GuardedAttempt,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const unsuspected = await isolation.beside(
    () =>
      notingTheEnd(page, signal, async () => {
        const hasBegun = await page.openUnlessSuspect(signal);
        return hasBegun ? { result: await work() } : null;
      }),
    signal,
  );
  if (unsuspected !== null) return unsuspected.result;
  refuseAfterCrashes(page);
  log.info(
    { crashes: page.crashes },
    'a worker, a thread or a decoder ended during this job: it is tried alone',
  );
  return await isolation.alone(
    () =>
      notingTheEnd(page, signal, async () => {
        await page.open(signal);
        refuseAfterCrashes(page);
        return await work();
      }),
    signal,
  );
}

/** The note is written before the next job may begin, which could end this process. */
async function notingTheEnd<T>(page: JournalPage, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  let ending: JournalEnding = 'done';
  try {
    return await work();
  } catch (error) {
    ending = endingOf(signal.aborted ? signal.reason : error);
    throw error;
  } finally {
    // Also when it was not opened: that note may have been written, although nothing was heard of it.
    await page.close(ending, AbortSignal.timeout(CLOSE_TIMEOUT_MS));
  }
}

function endingOf(error: unknown): JournalEnding {
  const { code, kind, endedBySignal } = toWorkerError(error);
  // The count stays, so that a duplicate of the message ends no further worker.
  if (code === 'WORKER_CRASHED') return 'again';
  if (kind === 'permanent') return 'done';
  // A decoder that could not be started, or was short of memory, says nothing against the video.
  return code === 'THREAD_CRASHED' || endedBySignal ? 'crashed' : 'again';
}

function refuseAfterCrashes({ crashes }: JournalPage): void {
  if (crashes < MAX_CRASHES) return;
  throw new WorkerError(
    'WORKER_CRASHED',
    `this job has ended its worker ${crashes} times at the same point: its video is dangerous or too much for the memory; it is not tried again`,
  );
}
