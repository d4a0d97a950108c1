/** Walks a Matroska file's packets in a thread that can be ended: damaged files can hold the in-process reader for ever. */
import { Worker } from 'node:worker_threads';

/** Time for the thread to start and to walk, and for every packet: ten times what they take. */
const DEADLINE_MS = 2000;
const DEADLINE_PER_PACKET_MS = 0.2;

/** What the thread is given, and what it answers when the walk ends: nothing more, the walk itself is the test. */
export interface Preflight {
  /** Absolute path. */
  readonly file: string;
  /** Longer lists are not walked to their end. */
  readonly maxPackets: number;
}

/**
 * Whether the walk ends, and in time. The reader is deterministic: what ended here ends again, and so does every part of it.
 * @throws the signal's reason when it aborts
 */
export async function walksToItsEnd(preflight: Preflight, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  const thread = new Worker(new URL('./matroska-preflight-thread.ts', import.meta.url), {
    workerData: preflight,
  });
  let onAbort = () => {};
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<boolean>((resolve, reject) => {
      onAbort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      timer = setTimeout(() => resolve(false), DEADLINE_MS + preflight.maxPackets * DEADLINE_PER_PACKET_MS);
      thread.once('message', () => resolve(true));
      thread.once('error', () => resolve(false));
      thread.once('exit', () => resolve(false));
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await thread.terminate();
  }
}
