/** One attempt at one delivery: compose the body, sign it with the time of this attempt, post it. */
import { signWebhook } from '../contract/webhook-signature.ts';
import { toWorkerError } from '../errors.ts';
import { traceFields } from '../telemetry/tracing.ts';
import type { ComposeBody } from './callback-body.ts';
import type { AttemptOutcome, CallbackTransport, Delivery } from './ports.ts';

export interface CallbackAttemptOptions {
  readonly transport: CallbackTransport;
  readonly composeBody: ComposeBody;
  /** `whsec_...`; unsigned when empty. */
  readonly secrets: readonly string[];
}

/** Never rejects but with the signal's reason: everything else that goes wrong is a failed attempt. */
export type AttemptCallback = (delivery: Delivery, signal: AbortSignal) => Promise<AttemptOutcome>;

export function callbackAttempt({
  transport,
  composeBody,
  secrets,
}: CallbackAttemptOptions): AttemptCallback {
  return async ({ url, eventId, event }, signal) => {
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
}
