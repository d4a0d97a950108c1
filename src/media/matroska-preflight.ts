/** Walks a Matroska file's packets in a thread that can be ended: damaged files can hold the in-process reader for ever. */
import type { Preflight } from './matroska-preflight-thread.ts';
import { askThread, THREAD_DEADLINE_MS } from './thread-with-deadline.ts';

/** Ten times what a packet takes. */
const DEADLINE_PER_PACKET_MS = 0.2;

/**
 * Whether the walk ends, and in time. The reader is deterministic: what ended here ends again, and so does every part of it.
 * @param deadlineMs what the thread may take besides its time for the packets
 * @throws the signal's reason when it aborts
 */
export async function walksToItsEnd(
  { deadlineMs = THREAD_DEADLINE_MS, ...preflight }: Preflight & { readonly deadlineMs?: number },
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await askThread<'ended'>(
    {
      program: new URL('./matroska-preflight-thread.ts', import.meta.url),
      data: preflight,
      deadlineMs: deadlineMs + preflight.maxPackets * DEADLINE_PER_PACKET_MS,
    },
    signal,
  );
  return answer === 'ended';
}
