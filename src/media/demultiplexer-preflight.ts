/**
 * Walks a file's packets in a process of its own: damaged files can hold the in-process reader for ever, and an index of a few bytes can
 * claim hundreds of millions of pictures, each of which it makes an object for. A thread would not do: where an array outgrows the memory of a
 * thread in one step, V8 ends the process.
 */
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startConfined } from './confined-process.ts';
import { THREAD_DEADLINE_MS } from './thread-with-deadline.ts';

/** What to walk. */
export interface Preflight {
  /** Absolute path. */
  readonly file: string;
  /** Longer lists are not walked to their end. */
  readonly maxPackets: number;
}

/** Ten times what a packet takes. */
const DEADLINE_PER_PACKET_MS = 0.2;

/** Twice what the reader takes for a file of few pictures and six hours of sound. */
const HEAP_MEBIBYTES = 64;
/** An MP4 of 648,000 pictures is walked within 96 MiB, and within 262 where each of them is a fragment of its own. */
const HEAP_BYTES_PER_PACKET = 320;

const PROGRAM = fileURLToPath(new URL('./demultiplexer-walk.ts', import.meta.url));

/**
 * Whether the walk ends, in time and without more memory than its packets are worth. The reader is deterministic: what ended here ends
 * again, and so does every part of it.
 * @param deadlineMs what the process may take besides its time for the packets
 * @throws the signal's reason when it aborts; as `startConfined` does
 */
export async function walksToItsEnd(
  { file, maxPackets, deadlineMs = THREAD_DEADLINE_MS }: Preflight & { readonly deadlineMs?: number },
  signal: AbortSignal,
): Promise<boolean> {
  const heapMebibytes = HEAP_MEBIBYTES + Math.ceil((maxPackets * HEAP_BYTES_PER_PACKET) / 2 ** 20);
  const timeMs = deadlineMs + maxPackets * DEADLINE_PER_PACKET_MS;
  const walk = await startConfined(
    {
      program: process.execPath,
      args: [`--max-old-space-size=${heapMebibytes}`, PROGRAM, file, String(maxPackets)],
      env: compileCache(),
      cpuSeconds: Math.ceil(timeMs / 1000),
    },
    signal,
  );
  walk.stdout.resume();
  const deadline = setTimeout(() => void walk.stop(), timeMs);
  const { code } = await walk.exit;
  clearTimeout(deadline);
  signal.throwIfAborted();
  return code === 0;
}

/** Ours, where there is one: without it two of three parts of the start are compiling. Node keeps a folder in it for each version. */
function compileCache(): Record<string, string> {
  const ofThisVersion = getCompileCacheDir();
  return ofThisVersion === undefined ? {} : { NODE_COMPILE_CACHE: dirname(ofThisVersion) };
}
