/** The event a webhook receiver gets when a job has ended: small, with a reference to the result instead of the result. */
import { z } from 'zod';
import { parseDocument } from './document.ts';
import { completedResultSchema, type DetectionResult, jobErrorSchema } from './result.ts';

const resultReferenceSchema = z.object({
  bucket: z.string(),
  key: z.string(),
  url: z.url().optional().describe('Fetches the result without credentials, until `url_expires_at`.'),
  url_expires_at: z.iso.datetime().optional(),
});

const completedEventSchema = z.object({
  type: z.literal('detection.completed'),
  timestamp: z.iso.datetime(),
  data: z.object({
    job_id: z.string(),
    status: z.literal('completed'),
    summary: completedResultSchema.shape.summary,
    result: resultReferenceSchema,
  }),
});

const failedEventSchema = z.object({
  type: z.literal('detection.failed'),
  timestamp: z.iso.datetime(),
  data: z.object({
    job_id: z.string(),
    status: z.literal('failed'),
    error: jobErrorSchema,
    result: resultReferenceSchema,
  }),
});

/** The body of a callback. */
export const detectionEventSchema = z.discriminatedUnion('type', [completedEventSchema, failedEventSchema]);

export type DetectionEvent = z.infer<typeof detectionEventSchema>;

/** Where a result lies. */
export type ResultReference = z.infer<typeof resultReferenceSchema>;

/** What an event needs to know of a result: everything but the frames. */
export type ResultHead =
  | Pick<Extract<DetectionResult, { status: 'completed' }>, 'job_id' | 'status' | 'summary'>
  | Extract<DetectionResult, { status: 'failed' }>;

/**
 * Reads the body of a callback; verify its signature first (`verifyWebhook`). Fields this version does not know are left out.
 * @throws ContractError EVENT_INVALID
 */
export function parseDetectionEvent(rawBody: string | Uint8Array): DetectionEvent {
  const text = typeof rawBody === 'string' ? rawBody : new TextDecoder().decode(rawBody);
  return parseDocument(text, detectionEventSchema, 'event', 'EVENT_INVALID');
}

/** The event that announces a result stored at `reference`. */
export function detectionEvent(result: ResultHead, reference: ResultReference, at: Date): DetectionEvent {
  const timestamp = at.toISOString();
  if (result.status === 'completed') {
    const { job_id, status, summary } = result;
    return { type: 'detection.completed', timestamp, data: { job_id, status, summary, result: reference } };
  }
  const { job_id, status, error } = result;
  return { type: 'detection.failed', timestamp, data: { job_id, status, error, result: reference } };
}
