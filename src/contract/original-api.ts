/** The bodies of the original HTTP API (`POST /detect`) and of its callbacks, made from today's: nothing a client of then reads has moved. */
import { z } from 'zod';
import type { DetectionJob } from './job.ts';
import { toMilliseconds } from './milliseconds.ts';
import type { FailedResult } from './result.ts';

const none = z.literal(0);
// An empty tuple would be written as "prefixItems": [], which JSON Schema forbids.
const empty = z.array(z.never()).max(0);
const nothingFound = {
  source_dimensions: z.object({ width: none, height: none }),
  frame_interval_ms: z.number(),
  frames: empty,
  tracks: empty,
  summary: z.object({
    total_frames: none,
    faces_detected: none,
    poses_detected: none,
    unique_face_tracks: none,
    unique_pose_tracks: none,
    processing_time_ms: z.number(),
  }),
};

/** What a job that runs in the background is answered with: its result follows by callback. */
export const queuedResponseSchema = z.object({
  job_id: z.string(),
  status: z.literal('queued'),
  ...nothingFound,
});

/** What a failed job is answered with. `error` is a sentence, as it was; its code stands beside it. */
export const failedResponseSchema = z.object({
  job_id: z.string(),
  status: z.literal('failed'),
  ...nothingFound,
  error: z.string(),
  error_code: z.string(),
});

export type QueuedResponse = z.infer<typeof queuedResponseSchema>;
export type FailedResponse = z.infer<typeof failedResponseSchema>;

export function queuedResponse({ jobId, frameIntervalSeconds }: DetectionJob): QueuedResponse {
  return { job_id: jobId, status: 'queued', ...emptyFindings(toMilliseconds(frameIntervalSeconds)) };
}

/** @param frameIntervalMs 0 when the job was too broken to have one, or it is not known any more */
export function failedResponse({ job_id, error }: FailedResult, frameIntervalMs = 0): FailedResponse {
  return {
    job_id,
    status: 'failed',
    ...emptyFindings(frameIntervalMs),
    error: error.message,
    error_code: error.code,
  };
}

/**
 * The answer of a completed job: the stored document, and where it lies. Documents can have a hundred megabytes, so that the
 * one field the original API added is put in front without reading the rest.
 * @param json a JSON object with at least one field, UTF-8
 */
export function completedResponse(json: Uint8Array, resultsS3Key: string): Uint8Array {
  return Buffer.concat([openingWith(resultsS3Key), afterBrace(json)]);
}

/** The same, of a document that is read as it is sent. */
export async function* completedResponseChunks(
  json: AsyncIterable<Uint8Array>,
  resultsS3Key: string,
): AsyncGenerator<Uint8Array, void> {
  let isFirst = true;
  for await (const chunk of json) {
    if (isFirst) yield openingWith(resultsS3Key);
    yield isFirst ? afterBrace(chunk) : chunk;
    isFirst = false;
  }
}

function openingWith(resultsS3Key: string): Uint8Array {
  return Buffer.from(`{"results_s3_key":${JSON.stringify(resultsS3Key)},`);
}

function afterBrace(json: Uint8Array): Uint8Array {
  return json.subarray(json.indexOf('{'.charCodeAt(0)) + 1);
}

function emptyFindings(frameIntervalMs: number): Pick<QueuedResponse, keyof typeof nothingFound> {
  return {
    source_dimensions: { width: 0, height: 0 },
    frame_interval_ms: frameIntervalMs,
    frames: [],
    tracks: [],
    summary: {
      total_frames: 0,
      faces_detected: 0,
      poses_detected: 0,
      unique_face_tracks: 0,
      unique_pose_tracks: 0,
      processing_time_ms: 0,
    },
  };
}
