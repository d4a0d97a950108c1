/** Holds messages from a thread of its own, so that no work of this thread, and no mistake in it, can delay a renewal. */
import { Worker } from 'node:worker_threads';
import { deserializeError, WorkerError } from '../errors.ts';
import type { Lease } from '../worker/lease.ts';
import type { ReceivedMessage } from '../worker/ports.ts';
import type { LeaseReply, LeaseRequest, LeaseThreadOptions } from './lease-protocol.ts';

export interface LeaseKeeperOptions extends LeaseThreadOptions {
  /** Told with every renewal how much later than planned it began. */
  readonly onRenewal?: (lateMs: number) => void;
}

/** One lease, as this thread sees it. */
interface Held {
  readonly lost: AbortController;
  readonly settled: PromiseWithResolvers<boolean>;
}

interface Thread {
  readonly worker: Worker;
  readonly started: PromiseWithResolvers<void>;
}

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #held = new Map<number, Held>();
  #thread: Thread | null = null;
  #nextId = 0;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the thread has started, which takes seconds on a busy machine: to be awaited before the first message, whose time
   * runs meanwhile. Rejects when the thread ends instead.
   */
  async ready(): Promise<void> {
    this.#thread ??= this.#startThread();
    const { worker, started } = this.#thread;
    worker.ref();
    await started.promise;
    this.#unrefWhenIdle();
  }

  /** Renews the message's visibility timeout until the lease is settled. */
  hold({ receiptHandle, receivedAtMs }: Pick<ReceivedMessage, 'receiptHandle' | 'receivedAtMs'>): Lease {
    const id = this.#nextId++;
    const held: Held = { lost: new AbortController(), settled: Promise.withResolvers() };
    this.#held.set(id, held);
    const receivedAtEpochMs = performance.timeOrigin + receivedAtMs;
    this.#post({ type: 'hold', id, receiptHandle, receivedAtEpochMs });
    return {
      signal: held.lost.signal,
      settle: async () => {
        if (this.#held.has(id)) this.#post({ type: 'settle', id });
        return await held.settled.promise;
      },
    };
  }

  #post(request: LeaseRequest): void {
    this.#thread ??= this.#startThread();
    const { worker } = this.#thread;
    worker.ref();
    worker.postMessage(request);
  }

  #startThread(): Thread {
    const { onRenewal: _onRenewal, ...workerData } = this.#options;
    const worker = new Worker(new URL('./lease-thread.ts', import.meta.url), { workerData });
    const started = Promise.withResolvers<void>();
    // Who does not wait for the start hears of its failure from the leases.
    started.promise.catch(() => {});
    worker.on('message', (reply: LeaseReply) => this.#receive(reply));
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => this.#loseAll(cause));
    return { worker, started };
  }

  #receive(reply: LeaseReply): void {
    switch (reply.type) {
      case 'ready':
        this.#thread?.started.resolve();
        break;
      case 'renewal':
        this.#options.onRenewal?.(reply.lateMs);
        break;
      case 'lost':
        this.#held.get(reply.id)?.lost.abort(deserializeError(reply.reason));
        break;
      case 'settled':
        this.#held.get(reply.id)?.settled.resolve(reply.stillOurs);
        this.#held.delete(reply.id);
        this.#unrefWhenIdle();
        break;
    }
  }

  /** A process that holds nothing and has nothing else to do may end. */
  #unrefWhenIdle(): void {
    if (this.#held.size === 0) this.#thread?.worker.unref();
  }

  /** Without its thread nothing is renewed: what was held will soon be in other hands. The next message gets a new thread. */
  #loseAll(cause: unknown): void {
    this.#thread?.started.reject(
      new WorkerError('INTERNAL', 'the thread that renews the leases has not started', { cause }),
    );
    this.#thread = null;
    for (const { lost, settled } of this.#held.values()) {
      lost.abort(new WorkerError('LEASE_LOST', 'the thread that renews the leases has ended', { cause }));
      settled.resolve(false);
    }
    this.#held.clear();
  }
}
