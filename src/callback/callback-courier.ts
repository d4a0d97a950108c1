/** Delivers a job's event: some quick tries now, and what fails is handed to a queue that goes on for a day and a half. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DetectionEvent } from '../contract/callback.ts';
import { toWorkerError, WorkerError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type BackOff, fullJitterMs } from '../worker/back-off.ts';
import type { Notified, Notifier } from '../worker/ports.ts';
import { isShutdown } from '../worker/shutdown.ts';
import type { AttemptCallback } from './callback-attempt.ts';
import { callbackOrigin } from './callback-origin.ts';
import type { AttemptOutcome, Delivery, DeliveryQueue } from './ports.ts';
import { firstDelaySeconds } from './retry-schedule.ts';

export interface CallbackCourierOptions {
  readonly attempt: AttemptCallback;
  /** Tries before the queue, or before the job itself, has to come back. */
  readonly quickTries: number;
  /** Null: a callback that fails its quick tries fails its job's attempt, and the job's queue brings it back. */
  readonly queue: DeliveryQueue | null;
  readonly logger: Logger;
  readonly backOff?: BackOff;
}

const DEFAULT_BACK_OFF: BackOff = { baseMs: 1000, maxMs: 5000 };

/** A receiver that asks for a longer pause is left to the queue. */
const LONGEST_QUICK_WAIT_SECONDS = 10;

/** Time the queue gets to take a delivery over at shutdown, when the job's own signal has ended. */
const HAND_OVER_TIMEOUT_MS = 5000;

type Failure = Extract<AttemptOutcome, { name: 'failed' }>;

export class CallbackCourier implements Notifier {
  readonly #options: CallbackCourierOptions;

  constructor(options: CallbackCourierOptions) {
    this.#options = options;
  }

  async notify(url: string, eventId: string, event: DetectionEvent, signal: AbortSignal): Promise<Notified> {
    const delivery = { url, eventId, event };
    const { logger, queue } = this.#options;
    const log = logger.child({ eventId, jobId: event.data.job_id, receiver: callbackOrigin(url) });
    try {
      const outcome = await this.#tryQuickly(delivery, signal);
      if (outcome.name === 'unwanted') log.info('callback not wanted any more');
      if (outcome.name !== 'failed') return outcome.name;
      if (queue === null) throw callbackFailed(delivery, outcome);
      const delaySeconds = firstDelaySeconds(outcome.retryAfterSeconds);
      await queue.enqueue(delivery, delaySeconds, signal);
      log.warn({ reason: outcome.reason, delaySeconds }, 'callback failed, the callback queue goes on');
    } catch (error) {
      if (queue === null || !isShutdown(signal)) throw signal.aborted ? toWorkerError(signal.reason) : error;
      await queue.enqueue(delivery, 0, AbortSignal.timeout(HAND_OVER_TIMEOUT_MS));
      log.info('callback handed over to the callback queue');
    }
    return 'queued';
  }

  /** The outcome of the last try. */
  async #tryQuickly(delivery: Delivery, signal: AbortSignal): Promise<AttemptOutcome> {
    const { attempt, quickTries, backOff = DEFAULT_BACK_OFF } = this.#options;
    for (let tries = 1; ; tries++) {
      const outcome = await attempt(delivery, signal);
      if (outcome.name !== 'failed') return outcome;
      const askedSeconds = outcome.retryAfterSeconds ?? 0;
      if (tries >= quickTries || askedSeconds > LONGEST_QUICK_WAIT_SECONDS) return outcome;
      const waitMs = Math.max(askedSeconds * 1000, fullJitterMs(tries, backOff));
      await sleep(waitMs, undefined, { signal });
    }
  }
}

function callbackFailed({ url }: Delivery, { reason, retryAfterSeconds }: Failure): WorkerError {
  const message = `the callback to ${callbackOrigin(url)} failed: ${reason}`;
  return new WorkerError('CALLBACK_FAILED', message, { retryAfterSeconds });
}
