/**
 * Asks ECS not to choose this task for scale-in or a deployment while jobs run
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../log.ts';

export interface EcsTaskProtectionOptions {
  /** The agent's address inside the task: $ECS_AGENT_URI. */
  readonly agentUri: string;
  readonly logger: Logger;
  /** How long a protection lasts that is not renewed: 1 to 2880 minutes. */
  readonly expiresInMinutes?: number;
  /** Idle time after which the protection ends: the next job often comes at once. */
  readonly idleMs?: number;
  /** Time after which a refused request is made again. */
  readonly retryMs?: number;
}

const DEFAULT_EXPIRES_IN_MINUTES = 60;
const DEFAULT_IDLE_MS = 10_000;
const DEFAULT_RETRY_MS = 30_000;
const REQUEST_TIMEOUT_MS = 5000;

export class EcsTaskProtection {
  readonly #url: string;
  readonly #logger: Logger;
  readonly #expiresInMinutes: number;
  readonly #idleMs: number;
  readonly #retryMs: number;
  #protected = false;
  /** Ends the wait for the next change: a renewal, or the end of the idle time. */
  #next = new AbortController();
  /** Requests follow one another, so that the last wish is the one that stands. */
  #requests: Promise<unknown> = Promise.resolve();

  constructor({ agentUri, logger, expiresInMinutes, idleMs, retryMs }: EcsTaskProtectionOptions) {
    this.#url = `${agentUri}/task-protection/v1/state`;
    this.#logger = logger;
    this.#expiresInMinutes = expiresInMinutes ?? DEFAULT_EXPIRES_IN_MINUTES;
    this.#idleMs = idleMs ?? DEFAULT_IDLE_MS;
    this.#retryMs = retryMs ?? DEFAULT_RETRY_MS;
  }

  /** To be told whenever the number of jobs under way changes. */
  onRunningJobs(jobs: number): void {
    const wanted = jobs > 0;
    if (wanted === this.#protected) return;
    this.#protected = wanted;
    this.#next.abort();
    this.#next = new AbortController();
    if (wanted) void this.#keepProtected(this.#next.signal);
    else void this.#endAfterIdleTime(this.#next.signal);
  }

  async #keepProtected(changed: AbortSignal): Promise<void> {
    const renewMs = (this.#expiresInMinutes * 60_000) / 2;
    while (!changed.aborted) {
      const isGranted = await this.#request(true);
      await wait(isGranted ? renewMs : Math.min(renewMs, this.#retryMs), changed);
    }
  }

  async #endAfterIdleTime(changed: AbortSignal): Promise<void> {
    await wait(this.#idleMs, changed);
    // An idle task that stays protected is one that scale-in cannot remove.
    while (!changed.aborted && !(await this.#request(false))) await wait(this.#retryMs, changed);
  }

  /** Resolves to whether the agent has agreed. */
  async #request(protect: boolean): Promise<boolean> {
    const request = this.#requests.then(() => this.#put(protect));
    this.#requests = request;
    return await request;
  }

  /** A refusal is logged and lived with: an unprotected task only hands its jobs on when it is stopped. */
  async #put(protect: boolean): Promise<boolean> {
    const state = protect
      ? { ProtectionEnabled: true, ExpiresInMinutes: this.#expiresInMinutes }
      : { ProtectionEnabled: false };
    try {
      const answer = await fetch(this.#url, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(state),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${text.slice(0, 500)}`);
      return true;
    } catch (error) {
      this.#logger.warn({ err: error, protect }, 'the task’s scale-in protection could not be changed');
      return false;
    }
  }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => {});
}
