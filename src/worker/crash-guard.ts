/** Keeps a job that ends its workers from ending all of them: every attempt is noted, and two crashes at one point of its video are enough. */
import { toWorkerError, WorkerError } from '../errors.ts';
import type { JournalEnding } from './attempt-notes.ts';
import type { JournalPage } from './job-journal.ts';

/** Crashes, with no checkpoint in between, after which a job is failed instead of tried again. */
const MAX_CRASHES = 2;

/** How long a job is held up to note how its attempt ended, when its own signal may have ended already; then it is noted later. */
const CLOSE_TIMEOUT_MS = 2000;

/**
 * Runs `work` between two notes on the page.
 * @throws WorkerError WORKER_CRASHED when earlier attempts at this job have ended their workers too often; what `work` throws
 */
export async function guardAgainstCrashes<T>(
  page: JournalPage,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  let ending: JournalEnding = 'done';
  try {
    await page.open(signal);
    if (page.crashes >= MAX_CRASHES) throw tooManyCrashes(page.crashes);
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

function tooManyCrashes(crashes: number): WorkerError {
  return new WorkerError(
    'WORKER_CRASHED',
    `this job has ended its worker ${crashes} times at the same point: its video is dangerous or too much for the memory; it is not tried again`,
  );
}
