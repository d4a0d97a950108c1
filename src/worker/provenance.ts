/** What a result was made from, kept beside it: two jobs may share an id only if they ask for the same thing. */
import { createHash } from 'node:crypto';
import type { ResultHead } from '../contract/callback.ts';
import type { DetectionJob } from '../contract/job.ts';
import { asciiJson } from './ascii-json.ts';

/** What a job asks for. The video's ETag is null while, or because, it could not be read. */
export interface Provenance {
  readonly video: { readonly bucket: string; readonly key: string; readonly etag: string | null };
  readonly options: {
    readonly frameIntervalSeconds: number;
    /** Absent for 0, as in records that are older than this option. */
    readonly samplingToleranceSeconds?: number | undefined;
    readonly detectFaces: boolean;
    readonly detectPoses: boolean;
  };
}

/** All that a duplicate of a finished job needs: how it ended, and from what. `provenance` is null for a job that was invalid. */
export interface ResultRecord {
  readonly head: ResultHead;
  readonly provenance: Provenance | null;
  /** Who was to be told; null for nobody, or for a URL too long to be kept. Not part of what is asked for. */
  readonly callbackUrl: string | null;
  /** The message whose attempt made the result; null in records that are older than this field. */
  readonly messageId: string | null;
}

export function provenanceOf(job: DetectionJob, etag: string | null): Provenance {
  const { video, frameIntervalSeconds, samplingToleranceSeconds, detectFaces, detectPoses } = job;
  const tolerance = samplingToleranceSeconds === 0 ? {} : { samplingToleranceSeconds };
  return {
    video: { bucket: shortName(video.bucket), key: shortName(video.key), etag },
    options: { frameIntervalSeconds, ...tolerance, detectFaces, detectPoses },
  };
}

/** Longest key, or ARN in a bucket's place, that is named as it is, in bytes; another limit would make other requests of those that are stored. */
const MAX_NAME_BYTES = 256;

/** The same, as it stands in a record: in ASCII, where a character of another script takes six bytes, and so does a control character. */
const MAX_ESCAPED_NAME_BYTES = 770;

/** A record travels as object metadata, which has no room for the longest names. */
function shortName(name: string): string {
  const fits = Buffer.byteLength(name) <= MAX_NAME_BYTES && asciiJson(name).length <= MAX_ESCAPED_NAME_BYTES;
  return fits ? name : `sha256:${createHash('sha256').update(name).digest('hex')}`;
}

/** In words, how `requested` differs from `stored`; null when they ask for the same. An unknown ETag matches any. */
export function provenanceDifference(stored: Provenance | null, requested: Provenance | null): string | null {
  if (stored === null || requested === null) {
    return stored === requested ? null : 'one of the two jobs is invalid';
  }
  const differences = [
    ...differing('video_s3_bucket', stored.video.bucket, requested.video.bucket),
    ...differing('video_s3_key', stored.video.key, requested.video.key),
    ...(stored.video.etag === null || requested.video.etag === null
      ? []
      : differing('the video’s ETag', stored.video.etag, requested.video.etag)),
    ...differing(
      'frame_interval_seconds',
      stored.options.frameIntervalSeconds,
      requested.options.frameIntervalSeconds,
    ),
    ...differing(
      'sampling_tolerance_seconds',
      stored.options.samplingToleranceSeconds ?? 0,
      requested.options.samplingToleranceSeconds ?? 0,
    ),
    ...differing('detect_faces', stored.options.detectFaces, requested.options.detectFaces),
    ...differing('detect_poses', stored.options.detectPoses, requested.options.detectPoses),
  ];
  return differences.length === 0 ? null : differences.join(', ');
}

function differing(name: string, stored: string | number | boolean, requested: typeof stored): string[] {
  return stored === requested ? [] : [`${name} was ${stored} and is now ${requested}`];
}

/**
 * The id of the event that announces this result: the same from every worker and for every delivery, and another one for a result
 * that a later message has put in its place.
 */
export function eventIdOf({ head, provenance, messageId }: ResultRecord): string {
  const ending = head.status === 'completed' ? head.status : head.error.code;
  const origin = messageId === null ? [] : [messageId];
  const digest = createHash('sha256').update(JSON.stringify([head.job_id, ending, provenance, ...origin]));
  return `evt_${digest.digest('hex').slice(0, 32)}`;
}

/** Names all that a checkpoint of this request depends on, as a part of a key. */
export function provenanceDigest(provenance: Provenance): string {
  return createHash('sha256').update(JSON.stringify(provenance)).digest('hex').slice(0, 32);
}
