/**
 * Asks a thread that can be ended: for work on strangers' files that might hold its thread for long, or for ever. Not for work that makes
 * long arrays of what a file claims: where one outgrows the thread's memory in one step, V8 ends the process (see demultiplexer-preflight).
 */
import { Worker } from 'node:worker_threads';

/** Ten times what a thread takes to start and to read the largest index: where others keep the machine busy, both take long. */
export const THREAD_DEADLINE_MS = 20_000;

export interface ThreadQuestion {
  /** The thread's program; it answers with its first message. */
  readonly program: URL;
  /** What it finds as its `workerData`. */
  readonly data: unknown;
  /** Buffers that are handed over instead of copied. */
  readonly transfer?: readonly ArrayBuffer[];
  readonly deadlineMs: number;
  /** Memory for its objects, in mebibytes. */
  readonly maxHeapMebibytes: number;
}

/**
 * The thread's answer. The thread is gone when this ends, whichever way.
 * @returns null when it does not answer in time, or fails
 * @throws the signal's reason when it aborts
 */
export async function askThread<T>(
  { program, data, transfer = [], deadlineMs, maxHeapMebibytes }: ThreadQuestion,
  signal: AbortSignal,
): Promise<T | null> {
  signal.throwIfAborted();
  const thread = new Worker(program, {
    workerData: data,
    transferList: [...transfer],
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMebibytes },
  });
  let onAbort = () => {};
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<T | null>((resolve, reject) => {
      onAbort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      timer = setTimeout(() => resolve(null), deadlineMs);
      thread.once('message', resolve);
      thread.once('error', () => resolve(null));
      thread.once('exit', () => resolve(null));
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await thread.terminate();
  }
}
