/** Loaded into every thread of a worker process by `--import`: makes the thread stand still or end when a file asks for it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';

/** What can be ordered: the name of an empty file in the folder that the environment names. */
export type Trouble =
  | 'main-blocks'
  | 'detection-blocks'
  /** A loop that never ends. */
  | 'detection-spins'
  /** The thread ends with exit code 7. */
  | 'detection-exits';

const folder = process.env.THREAD_TROUBLE_FOLDER;
const BLOCK_MS = 60_000;

/** Whether the trouble is ordered; one thread obeys, once. */
function isOrdered(trouble: Trouble): boolean {
  try {
    rmSync(join(folder ?? '', trouble));
    return true;
  } catch {
    return false;
  }
}

/** As a native call does, which nothing in the thread can interrupt. */
function block(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCK_MS);
}

function causeTrouble(): void {
  if (isMainThread) {
    if (isOrdered('main-blocks')) block();
    return;
  }
  // Of all threads only those that detect are told about face detection.
  if (!JSON.stringify(workerData ?? null).includes('faceDetector')) return;
  if (isOrdered('detection-blocks')) block();
  if (isOrdered('detection-exits')) process.exit(7);
  while (isOrdered('detection-spins')) for (;;);
}

if (folder !== undefined) setInterval(causeTrouble, 20).unref();
