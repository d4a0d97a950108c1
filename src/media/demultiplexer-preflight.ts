/**
 * Walks a file's packets in a thread that can be ended: damaged files can hold the in-process reader for ever, and an index of a few
 * bytes can claim hundreds of millions of pictures, each of which it makes an object for.
 */
import type { Preflight } from './demultiplexer-preflight-thread.ts';
import { askThread, THREAD_DEADLINE_MS } from './thread-with-deadline.ts';

/** Ten times what a packet takes. */
const DEADLINE_PER_PACKET_MS = 0.2;

/** Twice what the reader takes for a file of few pictures and six hours of sound. */
const HEAP_MEBIBYTES = 64;
/** An MP4 of 648,000 pictures is walked within 96 MiB, and within 262 where each of them is a fragment of its own. */
const HEAP_BYTES_PER_PACKET = 320;

/**
 * Whether the walk ends, in time and without more memory than its packets are worth. The reader is deterministic: what ended here ends
 * again, and so does every part of it.
 * @param deadlineMs what the thread may take besides its time for the packets
 * @throws the signal's reason when it aborts
 */
export async function walksToItsEnd(
  { deadlineMs = THREAD_DEADLINE_MS, ...preflight }: Preflight & { readonly deadlineMs?: number },
  signal: AbortSignal,
): Promise<boolean> {
  const { maxPackets } = preflight;
  const answer = await askThread<'ended'>(
    {
      program: new URL('./demultiplexer-preflight-thread.ts', import.meta.url),
      data: preflight,
      deadlineMs: deadlineMs + maxPackets * DEADLINE_PER_PACKET_MS,
      maxHeapMebibytes: HEAP_MEBIBYTES + Math.ceil((maxPackets * HEAP_BYTES_PER_PACKET) / 2 ** 20),
    },
    signal,
  );
  return answer === 'ended';
}
