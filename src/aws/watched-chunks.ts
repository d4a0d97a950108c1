/** Reads a response body, and gives up on one that falls silent: bodies can stall for ever on a dropped connection. */
import type { Readable } from 'node:stream';

/**
 * The body's chunks. The body is destroyed in every ending.
 * @throws the signal's reason when aborted, an Error when nothing came for `idleTimeoutMs`
 */
export async function* watchedChunks(
  body: Readable,
  idleTimeoutMs: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const watchdog = setTimeout(
    () => body.destroy(new Error(`nothing came for ${idleTimeoutMs} ms`)),
    idleTimeoutMs,
  );
  const onAbort = () => body.destroy(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    for await (const chunk of body) {
      yield chunk as Uint8Array;
      watchdog.refresh();
    }
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener('abort', onAbort);
    body.destroy();
  }
}
