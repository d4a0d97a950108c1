/** Loaded into every thread of a worker process by `--import`: makes the thread stand still or end when a file asks for it. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';

/** What can be ordered: the name of a file in the folder that the environment names. A block's file says how many milliseconds it lasts. */
export type Trouble =
  | 'main-blocks'
  | 'detection-blocks'
  /** A loop that never ends. */
  | 'detection-spins'
  /** The thread ends with exit code 7. */
  | 'detection-exits';

const folder = process.env.THREAD_TROUBLE_FOLDER;

/** What the order for this trouble says, null without one; one thread obeys it, once. */
function orderFor(trouble: Trouble): string | null {
  const file = join(folder ?? '', trouble);
  try {
    const order = readFileSync(file, 'utf8');
    rmSync(file);
    return order;
  } catch {
    // There is none, or another thread was faster.
    return null;
  }
}

/** As a native call does, which nothing in the thread can interrupt. */
function obeyBlock(order: string | null): void {
  if (order !== null) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(order));
}

function causeTrouble(): void {
  if (isMainThread) {
    obeyBlock(orderFor('main-blocks'));
    return;
  }
  // Of all threads only those that detect are told about face detection.
  if (!JSON.stringify(workerData ?? null).includes('faceDetector')) return;
  obeyBlock(orderFor('detection-blocks'));
  if (orderFor('detection-exits') !== null) process.exit(7);
  while (orderFor('detection-spins') !== null) for (;;);
}

if (folder !== undefined) setInterval(causeTrouble, 20).unref();
