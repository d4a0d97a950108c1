/** A result's record as object metadata, so that one HEAD answers a duplicate without reading a document of many megabytes. */
import { z } from 'zod';
import { completedResultSchema, failedResultSchema, type JobError } from '../contract/result.ts';
import { asciiJson } from './ascii-json.ts';
import type { ResultRecord } from './provenance.ts';

const RECORD_KEY = 'clipping-record';

/** S3 takes 2,048 bytes of names and values together; a little is left for stores that count more of the names. */
const MAX_METADATA_BYTES = 2000;

/**
 * How long the parts of a record may be that can be shortened, in bytes, from the most that is kept to the least. A message stands
 * whole in the result; a callback URL that is not kept has to be named when such a callback is sent again.
 */
const LIMITS = [
  { message: 500, callbackUrl: 300 },
  { message: 100, callbackUrl: 300 },
  { message: 100, callbackUrl: 0 },
] as const;

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

/** Never more than S3 takes: names are shortened by `provenanceOf`, the rest here. */
export function encodeRecord(record: ResultRecord): Record<string, string> {
  const versions = LIMITS.map((limits) => asciiJson(shortened(record, limits)));
  const fitting = versions.find((json) => RECORD_KEY.length + json.length <= MAX_METADATA_BYTES);
  return { [RECORD_KEY]: fitting ?? versions.at(-1) ?? '' };
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

/** Stands for what is left out of a message. */
const GAP = '…';

function shortened(record: ResultRecord, limits: (typeof LIMITS)[number]): ResultRecord {
  const { head, callbackUrl } = record;
  const isKept = callbackUrl !== null && asciiJson(callbackUrl).length <= limits.callbackUrl;
  const withMessage = (error: JobError) => ({
    ...error,
    message: withoutMiddle(error.message, limits.message),
  });
  return {
    ...record,
    head: head.status === 'completed' ? head : { ...head, error: withMessage(head.error) },
    callbackUrl: isKept ? callbackUrl : null,
  };
}

/** The text; where it takes more bytes of JSON, its beginning and its end, which says what to do. */
function withoutMiddle(text: string, maxBytes: number): string {
  if (asciiJson(text).length <= maxBytes) return text;
  const characters = Array.from(text);
  const halfBytes = (maxBytes - asciiJson(GAP).length) / 2;
  const beginning = firstFitting(characters, halfBytes);
  const end = firstFitting(characters.toReversed(), halfBytes).toReversed();
  return [...beginning, GAP, ...end].join('');
}

function firstFitting(characters: readonly string[], maxBytes: number): readonly string[] {
  let bytes = 0;
  const excess = characters.findIndex((character) => {
    bytes += asciiJson(character).length - '""'.length;
    return bytes > maxBytes;
  });
  return excess === -1 ? characters : characters.slice(0, excess);
}
