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

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #held = new Map<number, Held>();
  #thread: Worker | null = null;
  #nextId = 0;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
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
    this.#thread.ref();
    this.#thread.postMessage(request);
  }

  #startThread(): Worker {
    const { onRenewal: _onRenewal, ...workerData } = this.#options;
    const thread = new Worker(new URL('./lease-thread.ts', import.meta.url), { workerData });
    thread.on('message', (reply: LeaseReply) => this.#receive(reply));
    let cause: unknown;
    thread.on('error', (error) => {
      cause = error;
    });
    thread.on('exit', () => this.#loseAll(cause));
    return thread;
  }

  #receive(reply: LeaseReply): void {
    switch (reply.type) {
      case 'renewal':
        this.#options.onRenewal?.(reply.lateMs);
        break;
      case 'lost':
        this.#held.get(reply.id)?.lost.abort(deserializeError(reply.reason));
        break;
      case 'settled':
        this.#held.get(reply.id)?.settled.resolve(reply.stillOurs);
        this.#held.delete(reply.id);
        // A process that holds nothing and has nothing else to do may end.
        if (this.#held.size === 0) this.#thread?.unref();
        break;
    }
  }

  /** Without its thread nothing is renewed: what was held will soon be in other hands. The next message gets a new thread. */
  #loseAll(cause: unknown): void {
    this.#thread = null;
    for (const { lost, settled } of this.#held.values()) {
      lost.abort(new WorkerError('LEASE_LOST', 'the thread that renews the leases has ended', { cause }));
      settled.resolve(false);
    }
    this.#held.clear();
  }
}
