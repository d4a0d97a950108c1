/** The job message: what a producer puts on the queue, and how a received body becomes a `DetectionJob`. */
import { z } from 'zod';
import { WorkerError } from '../errors.ts';
import { listProblems, parseDocument } from './document.ts';

/** Shortest and longest sampling interval a job may ask for, in seconds. */
export const FRAME_INTERVAL_SECONDS = { min: 0.04, max: 3600 } as const;

/** Bounds of the sampling tolerance, in seconds; besides, it is never more than half the interval. */
export const SAMPLING_TOLERANCE_SECONDS = { min: 0, max: 3600 } as const;

const TOLERANCE_TOO_LARGE =
  'sampling_tolerance_seconds is more than half of frame_interval_seconds: one picture would stand for several samples';

const frameInterval = z.number().min(FRAME_INTERVAL_SECONDS.min).max(FRAME_INTERVAL_SECONDS.max);

const jobId = z
  .string()
  .regex(
    /^[A-Za-z0-9_.:-]{1,128}$/,
    'must be 1-128 characters out of letters, digits, "_", ".", ":" and "-"',
  );

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL', abort: true })
  .max(2048)
  .refine((url) => !hasCredentials(url), 'must not contain credentials: verify the signature instead');

/** A key S3 can have an object under (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html). */
const objectKey = z
  .string()
  .min(1)
  .max(1024)
  .refine((key) => key.isWellFormed(), 'holds half of a surrogate pair, which is no character')
  .refine((key) => new TextEncoder().encode(key).length <= 1024, 'is longer than 1,024 bytes of UTF-8')
  .refine((key) => !leavesBucket(key), 'has more ".." than folders before them: S3 serves no such object');

/** The message body as JSON. Unknown fields are ignored, so that producers can be newer than the worker. */
export const jobMessageSchema = z
  .object({
    job_id: jobId.describe(
      'Names the job and its result; a second message with the same id is the same job.',
    ),
    video_s3_key: objectKey.describe('Key of the video object.'),
    video_s3_bucket: z
      .string()
      .min(3)
      .max(2048)
      .nullish()
      .describe('Bucket of the video, or the ARN of an access point; the worker’s own when absent.'),
    frame_interval_seconds: frameInterval
      .nullish()
      .describe('Seconds between two sampled frames; the worker’s FRAME_INTERVAL_SECONDS when absent.'),
    sampling_tolerance_seconds: z
      .number()
      .min(SAMPLING_TOLERANCE_SECONDS.min)
      .max(SAMPLING_TOLERANCE_SECONDS.max)
      .nullish()
      .describe(
        'A cheaper picture this near to a sample may stand for it, a keyframe if there is one; at most half of frame_interval_seconds. When absent the worker’s SAMPLING_TOLERANCE_SECONDS, or half the interval if that is less.',
      ),
    detect_faces: z.boolean().default(true).describe('Whether faces are detected.'),
    detect_poses: z.boolean().default(true).describe('Whether body poses are estimated.'),
    callback_url: httpUrl.nullish().describe('Receives a POST when the job has ended.'),
  })
  .refine((job) => job.detect_faces || job.detect_poses, {
    path: ['detect_poses'],
    error: 'detect_faces and detect_poses are both false: nothing would be detected',
  })
  .refine((job) => isWithinHalf(job.sampling_tolerance_seconds, job.frame_interval_seconds), {
    path: ['sampling_tolerance_seconds'],
    error: TOLERANCE_TOO_LARGE,
  });

/** The message body a producer sends. */
export type JobMessage = z.input<typeof jobMessageSchema>;

/**
 * Checks a message before it is sent, so that the producer hears of a mistake at once and not from a failed result.
 * @param json the body to be
 * @throws ContractError JOB_INVALID
 */
export function parseJobMessage(json: string): z.output<typeof jobMessageSchema> {
  return parseDocument(json, jobMessageSchema, 'job', 'JOB_INVALID');
}

/** A validated job with every default filled in. */
export interface DetectionJob {
  readonly jobId: string;
  readonly video: { readonly bucket: string; readonly key: string };
  readonly frameIntervalSeconds: number;
  /** A cheaper picture this near to a sample may stand for it; 0 is exact. */
  readonly samplingToleranceSeconds: number;
  readonly detectFaces: boolean;
  readonly detectPoses: boolean;
  readonly callbackUrl: string | null;
}

/** What the worker's configuration adds to a message: its defaults and the buckets it may read. */
export interface JobPolicy {
  readonly defaultBucket: string;
  /** Buckets a message may name besides the default one. */
  readonly allowedBuckets: readonly string[];
  readonly defaultFrameIntervalSeconds: number;
  /** For jobs that do not say, as far as half their interval allows; 0 by default. */
  readonly defaultSamplingToleranceSeconds?: number;
}

/**
 * A parsed body: a job, or a rejected one whose owner is known, so that a failed result and a callback can tell them.
 * `callbackUrl` of a rejected job is null unless the field itself is valid.
 */
export type ParsedJob =
  | { readonly ok: true; readonly job: DetectionJob }
  | {
      readonly ok: false;
      readonly jobId: string;
      readonly callbackUrl: string | null;
      readonly error: WorkerError;
    };

/**
 * Reads a message body: JSON, possibly wrapped by SNS or by a NestJS `{pattern, data}` envelope.
 * @throws WorkerError MESSAGE_UNREADABLE when the body is no JSON object or names no valid `job_id`: nobody can be told then
 */
export function parseJob(body: string, policy: JobPolicy): ParsedJob {
  const message = unwrap(body);
  const parsed = jobMessageSchema.safeParse(message);
  if (!parsed.success) return reject(message, `invalid job: ${listProblems(parsed.error)}`);

  const bucket = parsed.data.video_s3_bucket ?? policy.defaultBucket;
  if (bucket !== policy.defaultBucket && !policy.allowedBuckets.includes(bucket)) {
    return reject(
      message,
      `invalid job: video_s3_bucket "${bucket}" is not allowed: use "${policy.defaultBucket}" or have the bucket added to ALLOWED_VIDEO_BUCKETS`,
    );
  }
  const frameIntervalSeconds = parsed.data.frame_interval_seconds ?? policy.defaultFrameIntervalSeconds;
  const samplingToleranceSeconds =
    parsed.data.sampling_tolerance_seconds ??
    defaultTolerance(frameIntervalSeconds, policy.defaultSamplingToleranceSeconds);
  if (samplingToleranceSeconds > frameIntervalSeconds / 2) {
    return reject(
      message,
      `invalid job: ${TOLERANCE_TOO_LARGE} (${samplingToleranceSeconds} of ${frameIntervalSeconds} s)`,
    );
  }
  return {
    ok: true,
    job: {
      jobId: parsed.data.job_id,
      video: { bucket, key: parsed.data.video_s3_key },
      frameIntervalSeconds,
      samplingToleranceSeconds,
      detectFaces: parsed.data.detect_faces,
      detectPoses: parsed.data.detect_poses,
      callbackUrl: parsed.data.callback_url ?? null,
    },
  };
}

/** The tolerance of who does not name one, in seconds: `wanted`, but at most half the interval. */
export function defaultTolerance(frameIntervalSeconds: number, wanted = 0): number {
  return Math.min(wanted, frameIntervalSeconds / 2);
}

/** SNS in SQS in NestJS is two envelopes; more than three is no message of ours. */
const MAX_ENVELOPES = 3;

/** An interval that is itself refused, or not known yet, is no measure for a tolerance. */
function isWithinHalf(tolerance: number | null | undefined, interval: number | null | undefined): boolean {
  const known = frameInterval.safeParse(interval);
  return tolerance == null || !known.success || tolerance <= known.data / 2;
}

/** S3 takes ".." as a part of a name, unless it would lead above the bucket. */
function leavesBucket(key: string): boolean {
  let depth = 0;
  return key.split('/').some((part) => {
    depth += part === '..' ? -1 : 1;
    return depth < 0;
  });
}

function hasCredentials(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

function unwrap(body: string): Record<string, unknown> {
  let value = parseObject(body);
  for (let depth = 0; depth < MAX_ENVELOPES; depth++) {
    if ('job_id' in value) break;
    if (value.Type === 'Notification' && typeof value.Message === 'string') {
      value = parseObject(value.Message);
    } else if ('pattern' in value && 'data' in value) {
      value = typeof value.data === 'string' ? parseObject(value.data) : asObject(value.data);
    } else break;
  }
  return value;
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new WorkerError('MESSAGE_UNREADABLE', 'the message body is not JSON: send a job object', { cause });
  }
  return asObject(value);
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new WorkerError('MESSAGE_UNREADABLE', 'the message body is not a JSON object: send a job object');
  }
  return value as Record<string, unknown>;
}

function reject(message: Record<string, unknown>, problem: string): ParsedJob {
  const id = jobId.safeParse(message.job_id);
  if (!id.success) {
    const found = message.job_id === undefined ? 'is missing' : id.error.issues[0]?.message;
    throw new WorkerError('MESSAGE_UNREADABLE', `the message is no job: job_id ${found}`);
  }
  const callback = httpUrl.safeParse(message.callback_url);
  return {
    ok: false,
    jobId: id.data,
    callbackUrl: callback.success ? callback.data : null,
    error: new WorkerError('JOB_INVALID', problem),
  };
}
