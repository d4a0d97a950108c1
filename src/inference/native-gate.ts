/** Keeps the forced end of a thread out of native code: ONNX Runtime ends the whole process when its thread goes while it runs. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Cells of the shared memory: how many native calls are under way, and whether further ones are let in. */
const INSIDE = 0;
const SHUT = 1;

/** Far longer than a run of the largest network on a busy machine: a call that lasts longer never returns. */
const LONGEST_CALL_MS = 30_000;

const POLL_MS = 5;

/**
 * Shared by a thread, which passes it for every native call, and by whoever may end the thread, which shuts it first. Both write
 * their own cell before they read the other's, so that a thread either is seen inside or finds the gate shut.
 */
export class NativeGate {
  /** What the other side makes its gate of. */
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Int32Array<SharedArrayBuffer>;

  constructor(buffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cells = new Int32Array(buffer);
  }

  /** For a call that enters native code before it first waits, or any number of times until it has ended. */
  async pass<T>(call: () => Promise<T>): Promise<T> {
    this.#enter();
    try {
      return await call();
    } finally {
      this.#leave();
    }
  }

  /** For a call that enters native code in an immediate of its own, and once: what else the thread does until then is outside. */
  async passInImmediate<T>(call: () => Promise<T>): Promise<T> {
    let isInside = false;
    const entering = setImmediate(() => {
      this.#enter();
      isInside = true;
    });
    try {
      return await call();
    } finally {
      if (isInside) this.#leave();
      // The call failed before it came to its immediate.
      else clearImmediate(entering);
    }
  }

  /**
   * Lets no further call in, for ever, and resolves when none is under way: from then on the thread can be ended safely, and it must
   * be, because it may stand at the gate. A call that never returns is waited for for half a minute.
   */
  async shut(): Promise<void> {
    Atomics.store(this.#cells, SHUT, 1);
    const lastMs = performance.now() + LONGEST_CALL_MS;
    while (Atomics.load(this.#cells, INSIDE) > 0 && performance.now() < lastMs) await sleep(POLL_MS);
  }

  /** Stands still at a shut gate until the thread is ended. Calls within a call are let in, or it would not come to its end. */
  #enter(): void {
    const isOutermost = Atomics.add(this.#cells, INSIDE, 1) === 0;
    if (!isOutermost || Atomics.load(this.#cells, SHUT) === 0) return;
    this.#leave();
    Atomics.wait(this.#cells, SHUT, 1);
  }

  #leave(): void {
    Atomics.sub(this.#cells, INSIDE, 1);
  }
}

/** The gate of this thread; nobody shuts that of a thread which is not told another one. */
let current = new NativeGate();

export function nativeGate(): NativeGate {
  return current;
}

/** From now on this thread's native calls pass that gate. */
export function passThrough(gate: NativeGate): void {
  current = gate;
}
