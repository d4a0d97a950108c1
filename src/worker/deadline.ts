/** A time limit that stops the work itself, not only the waiting for it. */
import { WorkerError } from '../errors.ts';

/**
 * Runs `work` with a signal that aborts when `signal` does, or after `timeoutMs` with JOB_DEADLINE_EXCEEDED.
 * The first reason to stop wins: aborted work rejects with it, whatever error the abort provoked inside.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(deadlineExceeded(timeoutMs)), timeoutMs);
  const either = AbortSignal.any([signal, deadline.signal]);
  try {
    return await work(either);
  } catch (error) {
    either.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function deadlineExceeded(timeoutMs: number): WorkerError {
  return new WorkerError(
    'JOB_DEADLINE_EXCEEDED',
    `the job took longer than ${Math.round(timeoutMs / 1000)} s: use a longer frame interval or a shorter video, or raise JOB_TIMEOUT_SECONDS`,
  );
}
