/** The whole of the jobs of this process: takes messages from the intake, runs each to its end, and stops in order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { giveBack } from './give-back.ts';
import type { JobIntake, ReceivedMessage } from './ports.ts';
import { shutdownReason } from './shutdown.ts';

export interface WorkerOptions {
  readonly intake: JobIntake;
  /** Brings one message to its end; never rejects. */
  readonly runner: {
    /** @param releaseSlot may be called once, when what is left to do needs no slot: the next message may come then */
    run(message: ReceivedMessage, shutdown: AbortSignal, releaseSlot: () => void): Promise<unknown>;
  };
  /** Told whenever the number of jobs under way changes. */
  readonly onRunningJobs?: (jobs: number) => void;
  /** What no job can do without, besides the intake. */
  readonly dependencies?: readonly Dependency[];
}

export interface Dependency {
  /** Why it cannot be used; null while it can. */
  readonly problem: string | null;
}

/** Messages beyond the slots that may be under way without one; further ones keep their slot to the end. */
const MAX_WITHOUT_SLOT = 64;

/** Time an aborted job gets to stop: more than its thread and its decoder need to be ended by force. */
const DEFAULT_ABORT_MS = 15_000;

export class Worker {
  readonly #intake: JobIntake;
  readonly #runner: WorkerOptions['runner'];
  readonly #onRunningJobs: (jobs: number) => void;
  readonly #dependencies: readonly Dependency[];
  readonly #running = new Set<Promise<unknown>>();
  readonly #withoutSlot = new Set<ReceivedMessage>();
  readonly #shutdown = new AbortController();
  #state: 'new' | 'accepting' | 'stopping' = 'new';

  constructor({ intake, runner, onRunningJobs = () => {}, dependencies = [] }: WorkerOptions) {
    this.#intake = intake;
    this.#runner = runner;
    this.#onRunningJobs = onRunningJobs;
    this.#dependencies = dependencies;
  }

  /** Does nothing after a stop: the signal to end may come while the process still prepares itself. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'accepting';
    this.#intake.start((message) => this.#handle(message));
  }

  /**
   * Runs a job that came another way than through the intake, in a slot of the intake's.
   * @param job stops when its signal is aborted, by this worker's end or by `signal`; their reasons must be WorkerErrors
   * @returns null when every slot is taken, or when no job is taken at all
   */
  async runInLentSlot<T>(job: (stop: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T | null> {
    const giveSlotBack = this.#state === 'accepting' ? await this.#intake.lendSlot() : null;
    if (giveSlotBack === null) return null;
    try {
      if (this.#state !== 'accepting') return null;
      return await this.#track(job(AbortSignal.any([this.#shutdown.signal, signal])));
    } finally {
      giveSlotBack();
    }
  }

  /** Jobs under way. */
  get running(): number {
    return this.#running.size;
  }

  /** Why no job would be taken at the moment; empty while all is well. */
  get problems(): readonly string[] {
    if (this.#state === 'new') return ['not started yet'];
    if (this.#state === 'stopping') return ['shutting down'];
    const problems = [this.#intake, ...this.#dependencies].map(({ problem }) => problem);
    // A dependency may be what keeps the intake from receiving.
    return [...new Set(problems.filter((problem) => problem !== null))];
  }

  /**
   * Stops in order: no further message is received, running jobs get `graceMs` to end, what still runs then is aborted and
   * its message made visible at once. Resolves when every job has ended, or has had `abortMs` to obey.
   */
  async stop(graceMs: number, abortMs = DEFAULT_ABORT_MS): Promise<void> {
    if (this.#state === 'stopping') return;
    this.#state = 'stopping';
    this.#intake.stop();
    await this.#idleWithin(graceMs);
    this.#shutdown.abort(shutdownReason());
    await this.#idleWithin(abortMs);
  }

  async #handle(message: ReceivedMessage): Promise<void> {
    // The last long poll may still bring a message after the stop.
    if (this.#state === 'stopping') return await this.#track(giveBack(message));
    const slotFree = Promise.withResolvers<void>();
    const releaseSlot = () => {
      if (this.#withoutSlot.size >= MAX_WITHOUT_SLOT) return;
      this.#withoutSlot.add(message);
      slotFree.resolve();
    };
    const job = this.#track(this.#runner.run(message, this.#shutdown.signal, releaseSlot)).finally(() =>
      this.#withoutSlot.delete(message),
    );
    await Promise.race([job, slotFree.promise]);
  }

  async #track<T>(job: Promise<T>): Promise<T> {
    this.#running.add(job);
    this.#onRunningJobs(this.#running.size);
    try {
      return await job;
    } finally {
      this.#running.delete(job);
      this.#onRunningJobs(this.#running.size);
    }
  }

  /** Resolves when no job runs any more, or when the time is over. */
  async #idleWithin(limitMs: number): Promise<void> {
    const isIdle = new AbortController();
    const limit = sleep(limitMs, undefined, { signal: isIdle.signal }).catch(() => {});
    await Promise.race([this.#idle(), limit]);
    isIdle.abort();
  }

  async #idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
