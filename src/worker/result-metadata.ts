/** A result's record as object metadata, so that one HEAD answers a duplicate without reading a document of many megabytes. */
import { z } from 'zod';
import { completedResultSchema, failedResultSchema } from '../contract/result.ts';
import type { ResultRecord } from './provenance.ts';

const RECORD_KEY = 'clipping-record';

/** S3 takes 2 KB of metadata in all; keys are shortened by `provenanceOf`, messages here. */
const MAX_MESSAGE_CHARACTERS = 500;

/** Longer callback URLs are not kept; sending such a callback again needs the URL. */
const MAX_URL_CHARACTERS = 300;

const recordSchema = z.object({
  head: z.discriminatedUnion('status', [
    completedResultSchema.pick({ job_id: true, status: true, summary: true }),
    failedResultSchema,
  ]),
  provenance: z
    .object({
      video: z.object({ bucket: z.string(), key: z.string(), etag: z.string().nullable() }),
      options: z.object({
        frameIntervalSeconds: z.number(),
        samplingToleranceSeconds: z.number().optional(),
        detectFaces: z.boolean(),
        detectPoses: z.boolean(),
      }),
    })
    .nullable(),
  callbackUrl: z.string().nullable().default(null),
  messageId: z.string().nullable().default(null),
});

export function encodeRecord(record: ResultRecord): Record<string, string> {
  const { head, callbackUrl } = record;
  const short = head.status === 'completed' ? head : { ...head, error: shortened(head.error) };
  const isKept = callbackUrl !== null && asciiJson(callbackUrl).length <= MAX_URL_CHARACTERS;
  const kept = { ...record, head: short, callbackUrl: isKept ? callbackUrl : null };
  return { [RECORD_KEY]: asciiJson(kept) };
}

/** Null when the metadata holds no record. */
export function decodeRecord(metadata: Readonly<Record<string, string>>): ResultRecord | null {
  const text = metadata[RECORD_KEY];
  if (text === undefined) return null;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function shortened<E extends { readonly message: string }>(error: E): E {
  const { message } = error;
  if (asciiJson(message).length <= MAX_MESSAGE_CHARACTERS) return error;
  // Six characters per escape is the most one character can take.
  return { ...error, message: `${message.slice(0, MAX_MESSAGE_CHARACTERS / 6)}…` };
}

/** JSON whose every character may stand in an HTTP header. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
