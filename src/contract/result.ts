/** The result document: one JSON per job, written to S3. Field names and units are public; fields are added, never renamed. */
import { z } from 'zod';
import { ERROR_KINDS, type ErrorCode } from '../errors.ts';
import { parseDocument } from './document.ts';

/** Raised only when a field changes its meaning; additions keep it. */
export const RESULT_SCHEMA_VERSION = 1;

const ratio = z.number().min(0).max(1);
const pixels = z.number();
const milliseconds = z.number().min(0);
const trackId = z
  .int()
  .positive()
  .nullable()
  .describe(
    'Identity within this video and kind, stable across cuts; null for a sighting too weak to be followed.',
  );

const boundingBoxSchema = z
  .object({ x: pixels, y: pixels, width: pixels.min(0), height: pixels.min(0) })
  .describe('Pixels of the upright picture, origin top-left: what ffmpeg’s crop filter takes.');

const pointSchema = z.object({ x: pixels, y: pixels });

const landmarkSchema = z
  .object({ x: z.number(), y: z.number(), z: z.number(), visibility: ratio, presence: ratio })
  .describe('Visibility: in the picture and not hidden; presence: inside the picture.');

const sourceSchema = z
  .enum(['detected', 'interpolated'])
  .describe('Interpolated observations lie between two sightings of one track and are not counted.');

const faceSchema = z.object({
  track_id: trackId,
  bbox: boundingBoxSchema,
  confidence: ratio,
  landmarks: z
    .array(pointSchema)
    .length(5)
    .nullable()
    .describe('Left eye, right eye, nose, left and right mouth corner as seen in the picture; pixels.'),
  source: sourceSchema,
});

const poseSchema = z.object({
  track_id: trackId,
  bbox: boundingBoxSchema,
  confidence: ratio,
  landmarks: z
    .array(landmarkSchema)
    .length(33)
    .describe('MediaPipe’s 33 points; x, y in pixels, z in the scale of x.'),
  world_landmarks: z
    .array(landmarkSchema)
    .length(33)
    .describe('The same points in metres, origin between the hips.'),
  source: sourceSchema,
  keypoints: z
    .record(z.string(), z.tuple([z.number(), z.number()]).nullable())
    .describe(
      'As in the original API: the landmarks by name, x and y as fractions of the picture; null for a point that is hidden.',
    ),
  gesture: z.null().describe('As in the original API, where it was never filled.'),
});

const frameSchema = z.object({
  index: z
    .int()
    .min(0)
    .describe(
      'Sample number: the picture shown at index x frame_interval_ms, or the next one when that follows within half a frame, or a cheaper one within the job’s tolerance.',
    ),
  timestamp_ms: milliseconds.describe('Real presentation time of that picture, from the first frame.'),
  repeats_previous: z
    .boolean()
    .describe(
      'The picture is the one of the frame before, shown longer than the interval; it is counted once.',
    ),
  equals_previous: z
    .boolean()
    .optional()
    .describe(
      'Every pixel is that of the frame before (the same picture, or another one of something that stands still, like a slide): what was detected there is taken over. Interpolated faces and poses move on all the same. Absent from older results.',
    ),
  faces: z.array(faceSchema),
  poses: z.array(poseSchema),
});

const trackSchema = z.object({
  kind: z.enum(['face', 'pose']),
  track_id: z.int().positive(),
  person_id: z.int().positive().describe('The face and the body of one person share it.'),
  link: z
    .object({ confidence: ratio, reason: z.string() })
    .describe('How sure it is, and why, that the segments of this row are one person.'),
  first_ms: milliseconds,
  last_ms: milliseconds,
  observations: z.int().positive(),
  mean_confidence: ratio,
  segments: z.array(
    z.object({
      shot: z.int().min(0),
      first_ms: milliseconds,
      last_ms: milliseconds,
      observations: z.int().positive(),
    }),
  ),
  track_type: z.enum(['face', 'pose']).describe('As in the original API: the same as `kind`.'),
  first_frame: z.int().min(0).describe('Index of the first frame with a sighting.'),
  last_frame: z.int().min(0),
  frame_count: z.int().min(0).describe('Frames with a sighting.'),
  avg_bbox: boundingBoxSchema.nullable().describe('Mean box of those frames.'),
  avg_confidence: ratio.describe('As in the original API: the same as `mean_confidence`.'),
});

const shotSchema = z.object({ index: z.int().min(0), start_ms: milliseconds, end_ms: milliseconds });

const summarySchema = z.object({
  total_frames: z.int().min(0),
  faces_detected: z.int().min(0),
  poses_detected: z.int().min(0),
  unique_face_tracks: z.int().min(0),
  unique_pose_tracks: z.int().min(0),
  processing_time_ms: milliseconds,
});

const videoSchema = z.object({
  duration_ms: milliseconds,
  frame_rate: z.number().positive(),
  codec: z.string(),
  rotation_degrees: z.number(),
});

const provenanceSchema = z
  .object({
    worker_version: z.string(),
    models: z.array(
      z.object({
        role: z.string(),
        name: z.string(),
        sha256: z.string(),
        licence: z.string(),
        warning: z.string().optional().describe('What the results of this network lack.'),
      }),
    ),
    sampling: z
      .object({
        plan: z.string().meta({ examples: ['all', 'keyframes', 'groups'] }),
        reason: z.string(),
        tolerance_ms: milliseconds
          .optional()
          .describe('How far a cheaper picture that stands for a sample may be from it; 0 is exact.'),
        packets: z.int().min(0),
        packets_total: z
          .int()
          .min(0)
          .describe('Those of the groups of pictures that hold samples; all where all are decoded.'),
        estimated_cpu_ms: milliseconds,
        decoder_cpu_ms: milliseconds.nullable(),
      })
      .optional()
      .describe(
        'How the pictures were taken from the video, and what that cost, in a resumed job since it was resumed; of this the pictures depend on the tolerance alone.',
      ),
  })
  .describe('What produced this result.');

/** Result of a job that ran to its end. */
export const completedResultSchema = z.object({
  schema_version: z.literal(RESULT_SCHEMA_VERSION),
  job_id: z.string(),
  status: z.literal('completed'),
  source_dimensions: z.object({ width: z.int().positive(), height: z.int().positive() }),
  frame_interval_ms: z.number().positive(),
  video: videoSchema,
  frames: z.array(frameSchema),
  tracks: z.array(trackSchema),
  shots: z.array(shotSchema),
  summary: summarySchema,
  provenance: provenanceSchema,
});

/** Codes that a failed result can have: of what is released or unreadable no result is written. */
const REPORTED_CODES = Object.entries(ERROR_KINDS)
  .filter(([, kind]) => kind !== 'released' && kind !== 'unreadable')
  .map(([code]) => code);

export const jobErrorSchema = z.object({
  code: z
    .string()
    .meta({ examples: REPORTED_CODES })
    .describe('What went wrong, for programs; a newer worker may know further codes.'),
  message: z.string().describe('One sentence: the cause and what to do.'),
  retryable: z
    .boolean()
    .describe(
      'Whether the same job may succeed when it is sent again: true where time, the worker’s settings or permissions, or a missing upload are the cause (`message` says what to do first); false where the job itself (as with every JOB_INVALID) or the content of its video must be another one, and where its result would be larger than any can be.',
    ),
});

/** Result of a job that can never succeed, or whose last attempt failed. */
export const failedResultSchema = z.object({
  schema_version: z.literal(RESULT_SCHEMA_VERSION),
  job_id: z.string(),
  status: z.literal('failed'),
  error: jobErrorSchema,
});

/** The result document, told apart by `status`. */
export const detectionResultSchema = z.discriminatedUnion('status', [
  completedResultSchema,
  failedResultSchema,
]);

export type CompletedResult = z.infer<typeof completedResultSchema>;
export type FailedResult = z.infer<typeof failedResultSchema>;
export type DetectionResult = z.infer<typeof detectionResultSchema>;
export type DetectionSummary = z.infer<typeof summarySchema>;
export type JobError = z.infer<typeof jobErrorSchema>;
export type ResultFrame = z.infer<typeof frameSchema>;
export type ResultTrack = z.infer<typeof trackSchema>;

/** Longer messages are cut: a failed result also travels in callbacks, which stay under 20 kB. */
const MAX_MESSAGE_CHARACTERS = 4000;

/** The failed result of a job; `retryable` says whether sending the same job again may help. */
export function failedResult(
  jobId: string,
  error: { code: ErrorCode; message: string },
  retryable = false,
): FailedResult {
  const { code, message } = error;
  return {
    schema_version: RESULT_SCHEMA_VERSION,
    job_id: jobId,
    status: 'failed',
    error: { code, message: message.slice(0, MAX_MESSAGE_CHARACTERS), retryable },
  };
}

/**
 * Reads a result document. Fields this version does not know are left out.
 * @param json as it lies in S3
 * @throws ContractError RESULT_INVALID
 */
export function parseDetectionResult(json: string): DetectionResult {
  return parseDocument(json, detectionResultSchema, 'result', 'RESULT_INVALID');
}
