/** The reason with which a stopping process aborts its jobs, and how they recognise it. */
import { WorkerError } from '../errors.ts';

export function shutdownReason(): WorkerError {
  return new WorkerError('SHUTTING_DOWN', 'this worker is shutting down; another one goes on');
}

/** Whether the signal was aborted by a shutdown: the job is still ours for the moment, unlike after a lost lease. */
export function isShutdown({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof WorkerError && reason.code === 'SHUTTING_DOWN';
}
