/** The closed set of ways a job can end, and the one function that decides between them. */
import type { WorkerError } from '../errors.ts';
import type { AttemptFacts } from './attempt-facts.ts';
import { type BackOff, fullJitterMs } from './back-off.ts';

/**
 * How a job ended:
 * - `completed`: its result is durable
 * - `failed`: it can never work; a failed result stands
 * - `retry`: something had a bad moment; the message comes back after `delaySeconds`
 * - `exhausted`: as retry, but this was the last receive: a failed result stands and the dead-letter queue gets the message
 * - `released`: the work was taken from us; no result was written, the message is visible again at once
 * - `unreadable`: the message is no job; it stays as it is until the queue moves it to the dead-letter queue
 */
export type Outcome =
  | { readonly name: 'completed' }
  | { readonly name: 'failed'; readonly error: WorkerError }
  | { readonly name: 'retry'; readonly error: WorkerError; readonly delaySeconds: number }
  | { readonly name: 'exhausted'; readonly error: WorkerError }
  | { readonly name: 'released'; readonly error: WorkerError }
  | { readonly name: 'unreadable'; readonly error: WorkerError };

/** What becomes of the message: deleted, left as it is, replaced by a fresh copy, or visible again after some seconds. */
export type MessageFate = 'delete' | 'leave' | 'resend' | { readonly visibleAfterSeconds: number };

/** How often a message was received, this time included, and how often it can be. */
export interface ReceiveCounts {
  readonly receiveCount: number;
  /** Infinity without a redrive policy; null where it is not known. */
  readonly maxReceiveCount: number | null;
}

/** Whether the queue will not hand the message out again. One whose redrive policy is not known is taken to go on. */
export function isLastReceive({ receiveCount, maxReceiveCount }: ReceiveCounts): boolean {
  return maxReceiveCount !== null && receiveCount >= maxReceiveCount;
}

/** First wait up to 20 s, doubling, at most a quarter of an hour. */
export const RETRY_BACK_OFF: BackOff = { baseMs: 20_000, maxMs: 900_000 };

/** Until then this process has noted the attempt's end, once the store takes notes again: its next attempt would take it for dead. */
const LATE_NOTE_SECONDS = 15;

export interface RetryOptions {
  readonly backOff?: BackOff;
  /** Uniform over [0, 1); spreads the retries. */
  readonly random?: () => number;
}

/** The outcome of an attempt that ended with `error`. A retry waits for its back-off, or longer if the error asks for it. */
export function decideOutcome(
  error: WorkerError,
  attempt: ReceiveCounts,
  { backOff = RETRY_BACK_OFF, random = Math.random }: RetryOptions = {},
): Outcome {
  switch (error.kind) {
    case 'unreadable':
      return { name: 'unreadable', error };
    case 'released':
      return { name: 'released', error };
    case 'permanent':
      return { name: 'failed', error };
    // A fatal error is this process's, not the job's: another worker may do better.
    case 'fatal':
    case 'retry': {
      if (isLastReceive(attempt)) return { name: 'exhausted', error };
      const backOffSeconds = Math.ceil(fullJitterMs(attempt.receiveCount, backOff, random) / 1000);
      const delaySeconds = Math.max(backOffSeconds, error.retryAfterSeconds ?? 0);
      return { name: 'retry', error, delaySeconds };
    }
  }
}

/** What the outcome does to the message, once everything else is done. */
export function messageFate(
  outcome: Outcome,
  counts: ReceiveCounts,
  { endMissing = false }: Pick<AttemptFacts, 'endMissing'> = {},
): MessageFate {
  switch (outcome.name) {
    case 'completed':
    case 'failed':
      return 'delete';
    case 'retry':
      return {
        visibleAfterSeconds: endMissing
          ? Math.max(outcome.delaySeconds, LATE_NOTE_SECONDS)
          : outcome.delaySeconds,
      };
    // Its next receive is one too many: the queue then moves it to the dead-letter queue.
    case 'exhausted':
      return { visibleAfterSeconds: 0 };
    // A receive cannot be un-counted, and a stopping process may never come to note its end. Interruptions alone must neither end in
    // the dead-letter queue nor look like crashes: a fresh copy starts at one, and no worker has died of it.
    case 'released':
      return endMissing || isLastReceive(counts) ? 'resend' : { visibleAfterSeconds: 0 };
    case 'unreadable':
      return 'leave';
  }
}
