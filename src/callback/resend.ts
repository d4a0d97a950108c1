/** Sends a finished job's callback again, from what is stored with its result: the same event id, a new attempt. */
import { detectionEvent } from '../contract/callback.ts';
import { WorkerError } from '../errors.ts';
import type { Notified, Notifier } from '../worker/ports.ts';
import { eventIdOf } from '../worker/provenance.ts';
import type { ResultStore } from '../worker/result-store.ts';

export interface ResentCallback {
  readonly url: string;
  readonly eventId: string;
  readonly notified: Notified;
}

/**
 * @param url where to, instead of the job's own callback URL
 * @throws WorkerError JOB_INVALID when there is no result or no URL; CALLBACK_FAILED
 */
export async function resendCallback(
  { results, notifier }: { readonly results: ResultStore; readonly notifier: Notifier },
  jobId: string,
  url: string | null,
  signal: AbortSignal,
): Promise<ResentCallback> {
  const reference = results.reference(jobId);
  const stored = await results.find(jobId, signal);
  if (stored === null) {
    const place = `s3://${reference.bucket}/${reference.key}`;
    throw new WorkerError('JOB_INVALID', `job ${jobId} has no result at ${place}: check the id`);
  }
  const { record } = stored;
  const target = url ?? record.callbackUrl;
  if (target === null) {
    throw new WorkerError('JOB_INVALID', `job ${jobId} has no callback URL stored: name one with --url`);
  }
  const eventId = eventIdOf(record);
  const event = detectionEvent(record.head, reference, new Date());
  const notified = await notifier.notify(target, eventId, event, signal);
  return { url: target, eventId, notified };
}
