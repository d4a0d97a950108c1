/** Keeps a job that ends its workers from ending all of them: every attempt is noted, and two crashes are enough. */
import { toWorkerError, WorkerError } from '../errors.ts';
import type { JobJournal, JournalEnding, JournalPage } from './job-journal.ts';
import type { ReceivedMessage } from './ports.ts';

/** Crashes after which a job is failed instead of tried again. */
const MAX_CRASHES = 2;

/** Time the journal gets to note how an attempt ended, when its own signal may have ended already. */
const CLOSE_TIMEOUT_MS = 2000;

/**
 * Runs `work` between two notes in the journal.
 * @throws WorkerError WORKER_CRASHED when earlier attempts at this job have ended their workers too often; what `work` throws
 */
export async function guardAgainstCrashes<T>(
  journal: JobJournal,
  jobId: string,
  message: Pick<ReceivedMessage, 'messageId' | 'receiveCount'>,
  signal: AbortSignal,
  work: (page: JournalPage) => Promise<T>,
): Promise<T> {
  const page = await journal.open(jobId, message, signal);
  let ending: JournalEnding = 'done';
  try {
    if (page.crashes >= MAX_CRASHES) throw tooManyCrashes(page.crashes);
    return await work(page);
  } catch (error) {
    ending = endingOf(signal.aborted ? signal.reason : error);
    throw error;
  } finally {
    // A note that cannot be written makes this attempt count as a crash: the careful way to be wrong.
    await page.close(ending, AbortSignal.timeout(CLOSE_TIMEOUT_MS)).catch(() => {});
  }
}

function endingOf(error: unknown): JournalEnding {
  const { code, kind } = toWorkerError(error);
  // The count stays, so that a duplicate of the message ends no further worker.
  if (code === 'WORKER_CRASHED') return 'again';
  if (kind === 'permanent') return 'done';
  return code === 'THREAD_CRASHED' || code === 'DECODER_FAILED' ? 'crashed' : 'again';
}

function tooManyCrashes(crashes: number): WorkerError {
  return new WorkerError(
    'WORKER_CRASHED',
    `this job has ended its worker ${crashes} times: its video is dangerous or too much for the memory; it is not tried again`,
  );
}
