/** One attempt at one delivery: compose the body, sign it with the time of this attempt, post it. */
import { signWebhook } from '../contract/webhook-signature.ts';
import { toWorkerError } from '../errors.ts';
import { traceFields } from '../telemetry/tracing.ts';
import type { ComposeBody } from './callback-body.ts';
import type { AttemptOutcome, CallbackTransport, Delivery } from './ports.ts';
import { Turns } from './turns.ts';

export interface CallbackAttemptOptions {
  readonly transport: CallbackTransport;
  readonly composeBody: ComposeBody;
  /** `whsec_...`; unsigned when empty. */
  readonly secrets: readonly string[];
  /** Attempts at the same time, each with its body in memory; others wait without one. No limit by default. */
  readonly atOnce?: number;
}

/** Never rejects but with the signal's reason: everything else that goes wrong is a failed attempt. */
export type AttemptCallback = (delivery: Delivery, signal: AbortSignal) => Promise<AttemptOutcome>;

export function callbackAttempt({
  transport,
  composeBody,
  secrets,
  atOnce = Number.POSITIVE_INFINITY,
}: CallbackAttemptOptions): AttemptCallback {
  const turns = new Turns(atOnce);
  const send = async ({ url, eventId, event }: Delivery, signal: AbortSignal): Promise<AttemptOutcome> => {
    try {
      const body = await composeBody(event, signal);
      const headers = {
        'content-type': 'application/json',
        ...signWebhook(eventId, new Date(), body, secrets),
        ...traceFields(),
      };
      return await transport.post(url, headers, body, signal);
    } catch (error) {
      signal.throwIfAborted();
      return { name: 'failed', reason: toWorkerError(error).message, retryAfterSeconds: null };
    }
  };
  return async (delivery, signal) => await turns.take(() => send(delivery, signal), signal);
}
