/** A delivery as it waits in the callback queue: JSON, in our own format, from whatever version of the worker wrote it. */
import { z } from 'zod';
import { detectionEventSchema } from '../contract/callback.ts';
import { WorkerError } from '../errors.ts';
import type { Delivery } from './ports.ts';

const messageSchema = z.object({
  callback_url: z.string(),
  event_id: z.string(),
  event: detectionEventSchema,
  not_before_ms: z.number().optional(),
});

export function encodeDelivery({ url, eventId, event, notBeforeMs }: Delivery): string {
  return JSON.stringify({ callback_url: url, event_id: eventId, event, not_before_ms: notBeforeMs });
}

/** @throws WorkerError MESSAGE_UNREADABLE */
export function decodeDelivery(body: string): Delivery {
  try {
    const message = messageSchema.parse(JSON.parse(body));
    const { callback_url: url, event_id: eventId, event, not_before_ms: notBeforeMs } = message;
    return { url, eventId, event, ...(notBeforeMs === undefined ? {} : { notBeforeMs }) };
  } catch (cause) {
    throw new WorkerError('MESSAGE_UNREADABLE', 'the message is no delivery of a callback', { cause });
  }
}
