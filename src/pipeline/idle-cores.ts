/** What cores are used for that would idle. */
import { availableParallelism } from 'node:os';

/** The networks and the worker itself keep the other cores busy; a third thread waits for the first two. */
const MOST_DECODER_THREADS = 2;

/**
 * How many threads the decoder of a video gets. One of two threads takes a few hundredths more CPU time than one of a single thread, and
 * little more than half its time by the clock where decoding is most of the work; jobs side by side use the cores better.
 * @param jobs that run, this one among them
 * @param cores that the process may use
 */
export function decoderThreads(jobs: number, cores = availableParallelism()): number {
  return Math.max(1, Math.min(MOST_DECODER_THREADS, Math.floor(cores / jobs)));
}

/**
 * Whether each job has a second thread look at pictures for it: where there are cores for it, and detection threads without a job.
 * @param threads detection threads
 */
export function areAssisted(jobs: number, threads: number, cores = availableParallelism()): boolean {
  return 2 * jobs <= Math.min(cores, threads);
}
