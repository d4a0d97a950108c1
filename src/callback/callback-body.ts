/** What a callback's body says: the small event with a reference to the result, or the whole result as the original API sent it. */
import type { DetectionEvent } from '../contract/callback.ts';
import { toMilliseconds } from '../contract/milliseconds.ts';
import { completedResponse, failedResponse } from '../contract/original-api.ts';
import { failedResult } from '../contract/result.ts';
import { knownCode, WorkerError } from '../errors.ts';
import type { ObjectLocation, ObjectStore } from '../worker/ports.ts';
import { decodeRecord } from '../worker/result-metadata.ts';
import type { PresignUrl } from './ports.ts';

/** A body is signed as a whole and sent within seconds; on its way it is in memory three times. */
const MAX_BODY_BYTES = 100_000_000;

export interface CallbackBodyOptions {
  /** `event`: type, summary and reference, under 20 kB; `result`: the original API's response. */
  readonly style: 'event' | 'result';
  /** How long the link to the result is to work, in seconds; 0 sends none. */
  readonly presignSeconds: number;
  readonly store: Pick<ObjectStore, 'head' | 'get'>;
  readonly presign: PresignUrl;
}

/** The body of one attempt, UTF-8. Made anew for each: a link that expires must not be older than its attempt. */
export type ComposeBody = (event: DetectionEvent, signal: AbortSignal) => Promise<Uint8Array>;

/** The composer's promise rejects with STORAGE_UNAVAILABLE when a completed result cannot be read, and CALLBACK_FAILED when it is too large to send. */
export function callbackBody({ style, presignSeconds, store, presign }: CallbackBodyOptions): ComposeBody {
  return async (event, signal) => {
    if (style === 'event') return encode(await withLink(event, presignSeconds, presign));
    const { data } = event;
    if (data.status === 'failed') {
      const { code, message, retryable } = data.error;
      const failure = failedResult(data.job_id, { code: knownCode(code), message }, retryable);
      return encode(failedResponse(failure, await failedIntervalMs(data.result, store, signal)));
    }
    const { bucket, key } = data.result;
    const { bytes = 0 } = (await store.head(data.result, signal)) ?? {};
    if (bytes > MAX_BODY_BYTES) {
      throw new WorkerError(
        'CALLBACK_FAILED',
        `s3://${bucket}/${key} has ${bytes} bytes, and at most ${MAX_BODY_BYTES} are sent: set CALLBACK_STYLE to event, or sample less often`,
      );
    }
    const json = await store.get(data.result, signal);
    if (json === null) {
      throw new WorkerError('STORAGE_UNAVAILABLE', `s3://${bucket}/${key} is gone: nothing is left to send`);
    }
    return completedResponse(json, data.result.key);
  };
}

/** The sampling interval that a failed job's stored result was to have; 0 where there is none. A failure is told even while S3 is down. */
async function failedIntervalMs(
  result: ObjectLocation,
  store: CallbackBodyOptions['store'],
  signal: AbortSignal,
): Promise<number> {
  const object = await store.head(result, signal).catch(() => null);
  signal.throwIfAborted();
  const record = object === null ? null : decodeRecord(object.metadata);
  // A completed result in its place is another request's.
  if (record?.head.status !== 'failed' || record.provenance === null) return 0;
  return toMilliseconds(record.provenance.options.frameIntervalSeconds);
}

async function withLink(
  event: DetectionEvent,
  presignSeconds: number,
  presign: PresignUrl,
): Promise<DetectionEvent> {
  if (presignSeconds === 0) return event;
  const { bucket, key } = event.data.result;
  const { url, expiresAt } = await presign({ bucket, key }, presignSeconds);
  const result = { bucket, key, url, url_expires_at: expiresAt.toISOString() };
  // Spread within each kind, so that the type of the data stays tied to the type of the event.
  return event.type === 'detection.completed'
    ? { ...event, data: { ...event.data, result } }
    : { ...event, data: { ...event.data, result } };
}

function encode(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
