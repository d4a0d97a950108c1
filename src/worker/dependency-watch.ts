/** Asks something that jobs depend on, whatever the slots are doing, whether it can be used: an outage is known within seconds. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../log.ts';

/** Resolves to why it cannot be used, in words for the operator, or to null when it can. */
export type AskDependency = (signal: AbortSignal) => Promise<string | null>;

export interface DependencyWatchOptions {
  /** For messages: `the queue`. */
  readonly name: string;
  readonly ask: AskDependency;
  readonly logger: Logger;
  /** The pause between an answer and the next question. */
  readonly everyMs?: number;
  /** An answer that takes longer is none. */
  readonly limitMs?: number;
}

const DEFAULT_EVERY_MS = 15_000;
const DEFAULT_LIMIT_MS = 5000;

export class DependencyWatch {
  readonly #options: DependencyWatchOptions;
  #problem: string | null = null;
  #asking: Promise<void> | null = null;

  constructor(options: DependencyWatchOptions) {
    this.#options = options;
  }

  /** Why it cannot be used, by the last answer; null while it can, and before the first. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Resolves when it is not being asked: `problem` is then what the latest answer says. */
  async settled(): Promise<void> {
    await this.#asking;
  }

  /** Asks at once and from then on again and again, until the signal aborts. */
  start(stop: AbortSignal): void {
    void this.#askUntil(stop);
  }

  /** Asks now, unless it is being asked already. Resolves when `problem` is the answer; never rejects. */
  async ask(): Promise<void> {
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = null;
    });
    await this.#asking;
  }

  async #askUntil(stop: AbortSignal): Promise<void> {
    const { everyMs = DEFAULT_EVERY_MS } = this.#options;
    while (!stop.aborted) {
      await this.ask();
      await sleep(everyMs, undefined, { signal: stop }).catch(() => {});
    }
  }

  async #askOnce(): Promise<void> {
    const { name, logger } = this.#options;
    const before = this.#problem;
    const answer = await this.#reason();
    // One bad answer may be a moment's: it is believed when a second question brings another one.
    const reason = answer !== null && before === null ? await this.#reason() : answer;
    this.#problem = reason === null ? null : `${name} cannot be used (${reason})`;
    if (this.#problem !== null && before === null) logger.warn(this.#problem);
    if (this.#problem === null && before !== null) logger.info(`${name} can be used again`);
  }

  async #reason(): Promise<string | null> {
    const { ask, limitMs = DEFAULT_LIMIT_MS } = this.#options;
    const limit = AbortSignal.timeout(limitMs);
    // Not everything that is waited for obeys a signal: the SDK's look for credentials does not.
    const tooLate = once(limit, 'abort').then(() => null);
    const reason = await Promise.race([ask(limit).catch(String), tooLate]);
    return limit.aborted ? `no answer within ${limitMs} ms` : reason;
  }
}
