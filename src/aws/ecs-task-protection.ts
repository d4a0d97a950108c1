/**
 * Asks ECS not to choose this task for scale-in or a deployment while jobs run
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html).
 * No protection is renewed: under a backlog a task is never idle, and a deployment would wait for it for ever.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../log.ts';

export interface EcsTaskProtectionOptions {
  /** The agent's address inside the task: $ECS_AGENT_URI. */
  readonly agentUri: string;
  readonly logger: Logger;
  /** How long a protection lasts: 1 to 2880 minutes. */
  readonly expiresInMinutes?: number;
  /** Time after its end in which none is asked for, though jobs run: ECS may replace the task then. */
  readonly pauseMs?: number;
  /** Idle time after which the protection ends: the next job often comes at once. */
  readonly idleMs?: number;
  /** Time after which a refused request is made again. */
  readonly retryMs?: number;
}

/** Jobs take half a minute on average. One that takes longer than this loses little when it is stopped: it goes on from its last checkpoint. */
const DEFAULT_EXPIRES_IN_MINUTES = 30;
/** Enough for ECS to notice, and to tell the task to stop. */
const DEFAULT_PAUSE_MS = 5 * 60_000;
const DEFAULT_IDLE_MS = 10_000;
const DEFAULT_RETRY_MS = 30_000;
const REQUEST_TIMEOUT_MS = 5000;

export class EcsTaskProtection {
  readonly #url: string;
  readonly #logger: Logger;
  readonly #expiresInMinutes: number;
  readonly #pauseMs: number;
  readonly #idleMs: number;
  readonly #retryMs: number;
  /** Whether jobs run. */
  #wanted = false;
  /** When the last protection ends, or has ended, by `performance.now()`. */
  #expiresAtMs = Number.NEGATIVE_INFINITY;
  /** Ends the wait for the next request, because another one is wanted. */
  #next = new AbortController();
  #requests: Promise<unknown> = Promise.resolve();

  constructor({ agentUri, logger, expiresInMinutes, pauseMs, idleMs, retryMs }: EcsTaskProtectionOptions) {
    this.#url = `${agentUri}/task-protection/v1/state`;
    this.#logger = logger;
    this.#expiresInMinutes = expiresInMinutes ?? DEFAULT_EXPIRES_IN_MINUTES;
    this.#pauseMs = pauseMs ?? DEFAULT_PAUSE_MS;
    this.#idleMs = idleMs ?? DEFAULT_IDLE_MS;
    this.#retryMs = retryMs ?? DEFAULT_RETRY_MS;
  }

  /** To be told whenever the number of jobs under way changes. */
  onRunningJobs(jobs: number): void {
    const wanted = jobs > 0;
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#next.abort();
    this.#next = new AbortController();
    if (wanted) void this.#keepProtected(this.#next.signal);
    else void this.#endAfterIdleTime(this.#next.signal);
  }

  async #keepProtected(changed: AbortSignal): Promise<void> {
    while (!changed.aborted) await wait(await this.#inTurn(() => this.#protect()), changed);
  }

  async #endAfterIdleTime(changed: AbortSignal): Promise<void> {
    await wait(this.#idleMs, changed);
    // An idle task that stays protected is one that scale-in cannot remove.
    while (!changed.aborted && !(await this.#inTurn(() => this.#unprotect()))) {
      await wait(this.#retryMs, changed);
    }
  }

  /** Requests follow one another, so that the last wish is the one that stands. */
  async #inTurn<T>(request: () => Promise<T>): Promise<T> {
    const turn = this.#requests.then(request);
    this.#requests = turn;
    return await turn;
  }

  /** Asks unless it is too early. Resolves to the milliseconds until it should be asked again. */
  async #protect(): Promise<number> {
    const untilPauseEndsMs = this.#expiresAtMs + this.#pauseMs - performance.now();
    if (untilPauseEndsMs > 0) return untilPauseEndsMs;
    const isGranted = await this.#put({ ProtectionEnabled: true, ExpiresInMinutes: this.#expiresInMinutes });
    if (!isGranted) return this.#retryMs;
    const lastsMs = this.#expiresInMinutes * 60_000;
    this.#expiresAtMs = performance.now() + lastsMs;
    return lastsMs + this.#pauseMs;
  }

  /** Resolves to whether the agent has agreed. */
  async #unprotect(): Promise<boolean> {
    const hasEnded = await this.#put({ ProtectionEnabled: false });
    // The next job is protected at once, unless it comes in the pause.
    if (hasEnded && performance.now() < this.#expiresAtMs) this.#expiresAtMs = Number.NEGATIVE_INFINITY;
    return hasEnded;
  }

  /**
   * Resolves to whether the agent has agreed. A refusal is logged and lived with: an unprotected task only hands its jobs on when it is
   * stopped.
   */
  async #put(state: { ProtectionEnabled: boolean; ExpiresInMinutes?: number }): Promise<boolean> {
    try {
      const answer = await fetch(this.#url, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(state),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const text = await answer.text();
      // What ECS itself refuses, as during a deployment, has a status of 200.
      if (!answer.ok || isFailure(text)) throw new Error(`HTTP ${answer.status}: ${text.slice(0, 500)}`);
      return true;
    } catch (error) {
      this.#logger.warn(
        { err: error, protect: state.ProtectionEnabled },
        'the task’s scale-in protection could not be changed',
      );
      return false;
    }
  }
}

function isFailure(answer: string): boolean {
  const { failure } = JSON.parse(answer) as { failure?: unknown };
  return failure !== undefined;
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => {});
}
