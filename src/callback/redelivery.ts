/** Takes deliveries off the callback queue, one attempt each, until the receiver has them or the schedule ends. */
import { toWorkerError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { traceMessage } from '../telemetry/tracing.ts';
import { giveBack } from '../worker/give-back.ts';
import { isLastReceive } from '../worker/outcome.ts';
import type { ReceivedMessage } from '../worker/ports.ts';
import type { AttemptCallback } from './callback-attempt.ts';
import { callbackOrigin } from './callback-origin.ts';
import { decodeDelivery } from './delivery-message.ts';
import type { Delivery } from './ports.ts';
import { MAX_DELAY_SECONDS, nextDelaySeconds, QUEUE_ATTEMPTS } from './retry-schedule.ts';

export interface RedeliveryOptions {
  readonly attempt: AttemptCallback;
  readonly logger: Logger;
}

/** Time the queue gets to delete or to hide a message. */
const SETTLE_TIMEOUT_MS = 10_000;

/** The most receives a redrive policy can allow: a message that is there after them is on a queue without dead letters. */
const MOST_RECEIVES_ALLOWED = 1000;

export class Redelivery {
  readonly #options: RedeliveryOptions;

  constructor(options: RedeliveryOptions) {
    this.#options = options;
  }

  /** Brings one message one step further. Never rejects: what fails here is received again. */
  async run(message: ReceivedMessage, signal: AbortSignal): Promise<void> {
    const log = this.#options.logger.child({
      messageId: message.messageId,
      receiveCount: message.receiveCount,
    });
    try {
      const delivery = decodeDelivery(message.body);
      const attributes = { 'messaging.message.id': message.messageId };
      await traceMessage('redeliver callback', message.trace ?? {}, attributes, () =>
        this.#deliver(delivery, message, log, signal),
      );
    } catch (error) {
      const { code, message: text } = toWorkerError(error);
      log.warn({ code }, `a delivery stays in the callback queue: ${text}`);
      // A stopping process gives it back at once; anything else waits for the visibility timeout.
      if (signal.aborted) await giveBack(message);
    }
  }

  async #deliver(
    delivery: Delivery,
    message: ReceivedMessage,
    logger: Logger,
    signal: AbortSignal,
  ): Promise<void> {
    const { eventId, event, url, notBeforeMs = 0 } = delivery;
    const log = logger.child({ eventId, jobId: event.data.job_id, receiver: callbackOrigin(url) });
    const { receiveCount } = message;
    // Given up already, on a queue that allows more receives than there are attempts.
    if (receiveCount > QUEUE_ATTEMPTS) return await giveUp(message, log);
    const earlySeconds = Math.min(MAX_DELAY_SECONDS, Math.ceil((notBeforeMs - Date.now()) / 1000));
    // This receive stands for an attempt that the receiver has asked not to get. The last one must not pass without.
    if (earlySeconds > 0 && !isLastReceive(message)) {
      log.info({ delaySeconds: earlySeconds }, 'callback put off, as its receiver has asked');
      return await message.changeVisibility(earlySeconds, settling());
    }

    const outcome = await this.#options.attempt(delivery, signal);
    if (outcome.name !== 'failed') {
      await message.delete(settling());
      return log.info(outcome.name === 'taken' ? 'callback delivered' : 'callback not wanted any more');
    }
    const { reason, retryAfterSeconds } = outcome;
    const delaySeconds = isLastReceive(message) ? null : nextDelaySeconds(receiveCount, retryAfterSeconds);
    log.warn({ reason, delaySeconds }, 'callback failed');
    if (delaySeconds === null) return await giveUp(message, log);
    await message.changeVisibility(delaySeconds, settling());
  }
}

/** The message uses up what receives its queue still allows, one after the other and without an attempt, until the queue moves it away. */
async function giveUp(message: ReceivedMessage, log: Logger): Promise<void> {
  if (message.maxReceiveCount === null) return await leaveToQueue(message, log);
  if (message.maxReceiveCount === Number.POSITIVE_INFINITY) {
    log.error('callback given up; the callback queue has no dead-letter queue, so that it is lost');
    return await message.delete(settling());
  }
  // Told once, however many receives are left.
  if (isLastReceive(message)) {
    log.error('callback given up; the dead-letter queue gets it');
  }
  await message.changeVisibility(0, settling());
}

/** Whether there is a dead-letter queue is not known. It may be all that keeps this callback: nothing is deleted. */
async function leaveToQueue(message: ReceivedMessage, log: Logger): Promise<void> {
  if (message.receiveCount === QUEUE_ATTEMPTS) {
    log.error('callback given up; the dead-letter queue gets it, where the callback queue has one');
  }
  // Where it has none, the queue's retention ends the message: it is not to go round at full speed for days.
  const isForgotten = message.receiveCount >= MOST_RECEIVES_ALLOWED;
  await message.changeVisibility(isForgotten ? MAX_DELAY_SECONDS : 0, settling());
}

function settling(): AbortSignal {
  return AbortSignal.timeout(SETTLE_TIMEOUT_MS);
}
