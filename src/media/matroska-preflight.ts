/** Walks a Matroska file's packets in a thread that can be ended: damaged files can hold the in-process reader for ever. */
import type { Preflight } from './matroska-preflight-thread.ts';
import { askThread } from './thread-with-deadline.ts';

/** Time for the thread to start and to walk, and for every packet: ten times what they take. */
const DEADLINE_MS = 2000;
const DEADLINE_PER_PACKET_MS = 0.2;

/**
 * Whether the walk ends, and in time. The reader is deterministic: what ended here ends again, and so does every part of it.
 * @throws the signal's reason when it aborts
 */
export async function walksToItsEnd(preflight: Preflight, signal: AbortSignal): Promise<boolean> {
  const answer = await askThread<'ended'>(
    {
      program: new URL('./matroska-preflight-thread.ts', import.meta.url),
      data: preflight,
      deadlineMs: DEADLINE_MS + preflight.maxPackets * DEADLINE_PER_PACKET_MS,
    },
    signal,
  );
  return answer === 'ended';
}
