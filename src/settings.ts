/** Every setting of the worker: its name in the environment, meaning, unit, default and valid values. Help, README and parsing come from here. */
import { tmpdir } from 'node:os';
import { z } from 'zod';
import { FRAME_INTERVAL_SECONDS, SAMPLING_TOLERANCE_SECONDS } from './contract/job.ts';
import {
  bucketName,
  bucketNames,
  flag,
  httpUrl,
  integer,
  number,
  optionalText,
  setting,
  standardQueueUrl,
  text,
  urlHosts,
  webhookSecrets,
} from './setting.ts';

/** Most bytes one video may have: 5 GiB, S3's own limit for a single PUT. */
const DEFAULT_MAX_VIDEO_BYTES = 5 * 1024 ** 3;

export const SETTINGS = {
  awsRegion: setting('AWS_REGION', text, 'AWS region of the queue and the buckets', {
    fallback: 'us-east-1',
  }),
  awsEndpointUrl: setting(
    'AWS_ENDPOINT_URL',
    httpUrl.optional(),
    'Endpoint of an AWS emulator instead of AWS',
  ),
  queueUrl: setting('SQS_QUEUE_URL', httpUrl, 'URL of the job queue; required'),
  bucket: setting(
    'S3_BUCKET',
    bucketName,
    'Bucket of the videos and, unless RESULT_BUCKET is set, of the results; required',
  ),
  allowedVideoBuckets: setting(
    'ALLOWED_VIDEO_BUCKETS',
    bucketNames,
    'Further buckets a job may name, separated by commas',
    {
      fallbackNote: 'none',
    },
  ),
  resultBucket: setting('RESULT_BUCKET', bucketName.optional(), 'Bucket of the results', {
    fallbackNote: 'S3_BUCKET',
  }),
  resultPrefix: setting('RESULT_PREFIX', text, 'Key prefix of the results; the job id and .json follow', {
    fallback: 'detections/',
  }),

  frameIntervalSeconds: setting(
    'FRAME_INTERVAL_SECONDS',
    number(FRAME_INTERVAL_SECONDS.min, FRAME_INTERVAL_SECONDS.max),
    'Seconds between two sampled frames, for jobs that do not say',
    { fallback: '2.0' },
  ),
  samplingToleranceSeconds: setting(
    'SAMPLING_TOLERANCE_SECONDS',
    number(SAMPLING_TOLERANCE_SECONDS.min, SAMPLING_TOLERANCE_SECONDS.max),
    'A cheaper picture this near to a sample may stand for it, a keyframe if there is one; in seconds, for jobs that do not say, and never more than half their interval; 0 is exact',
    { fallback: '0' },
  ),
  faceModelPath: setting('YOLO_MODEL_PATH', optionalText, 'Another YOLOv8-face network (.onnx)', {
    fallbackNote: 'the embedded models/face-detector.onnx',
  }),
  faceConfidenceThreshold: setting(
    'FACE_CONFIDENCE_THRESHOLD',
    number(0, 1),
    'Least confidence of a reported face, 0 to 1',
    {
      fallback: '0.5',
    },
  ),
  faceInputSize: setting(
    'FACE_INPUT_SIZE',
    integer(64, 4096).refine((size) => size % 32 === 0, 'must be a multiple of 32'),
    'Long side of the picture the face detector sees, in pixels; larger finds smaller faces and costs more',
    { fallback: '640' },
  ),
  faceTiles: setting(
    'FACE_TILES',
    z.enum(['off', 'auto'], { error: 'must be off or auto' }),
    'auto: looks a second time, tile by tile, at large pictures whose faces would be too small; off: never',
    { fallback: 'off' },
  ),
  faceEmbedderPath: setting('REID_MODEL_PATH', optionalText, 'Another face embedding network (.onnx)', {
    fallbackNote: 'the embedded models/face-embedder.onnx',
  }),
  poseEngine: setting(
    'POSE_ENGINE',
    z.enum(['onnx', 'tasks-vision'], { error: 'must be onnx or tasks-vision' }),
    'onnx: BlazePose on ONNX Runtime; tasks-vision: MediaPipe’s own program, half as fast and blind to more people in crowds',
    { fallback: 'onnx' },
  ),
  poseModel: setting(
    'POSE_MODEL',
    z.enum(['lite', 'full', 'heavy'], { error: 'must be lite, full or heavy' }),
    'Landmark network, from the fastest to the most exact; heavy is built first, see models/pose.md',
    { fallback: 'lite' },
  ),
  poseConfidenceThreshold: setting(
    'POSE_CONFIDENCE_THRESHOLD',
    number(0, 1),
    'Least confidence of a reported pose, 0 to 1',
    {
      fallback: '0.5',
    },
  ),
  interpolate: setting(
    'INTERPOLATE',
    flag,
    'Fills frames in which a track was missed between two sightings, no further apart than TRACKING_MAX_AGE, but for a face away from the same person’s body, or a body away from the face; such observations are labelled and not counted',
    { fallback: 'false' },
  ),
  trackingMaxAge: setting(
    'TRACKING_MAX_AGE',
    integer(1, 100_000),
    'How long a track waits for its person, in frames of a video at 30 a second: 300 is 10 s, at any sampling rate',
    { fallback: '300' },
  ),
  maxConcurrentJobs: setting(
    'MAX_CONCURRENT_JOBS',
    integer(1, 64),
    'Jobs analysed side by side, one thread each; where cores would idle, threads without a job assist the others',
    {
      fallback: '2',
    },
  ),
  jobTimeoutSeconds: setting(
    'JOB_TIMEOUT_SECONDS',
    integer(1, 42_000),
    'Longest time one job may take, in seconds',
    {
      fallback: '3600',
    },
  ),
  jobRerun: setting(
    'JOB_RERUN',
    z.enum(['never', 'always'], { error: 'must be never or always' }),
    'Whether a job whose result is stored is analysed again: never answers from the stored result, always replaces it',
    { fallback: 'never' },
  ),
  checkpointSeconds: setting(
    'CHECKPOINT_SECONDS',
    number(1, 3600),
    'Time between two checkpoints of a running job, from which another worker goes on after an interruption, in seconds',
    { fallback: '60' },
  ),
  minFreeDiskBytes: setting(
    'MIN_FREE_DISK_BYTES',
    integer(0, 2 ** 50),
    'Free space in TEMP_DIR below which no further job begins, in bytes',
    { fallback: String(256 * 1024 ** 2) },
  ),
  minFreeMemoryBytes: setting(
    'MIN_FREE_MEMORY_BYTES',
    integer(0, 2 ** 50),
    'Free memory below which no second job begins, in bytes',
    { fallback: String(256 * 1024 ** 2) },
  ),
  maxVideoBytes: setting('MAX_VIDEO_BYTES', integer(1, 2 ** 50), 'Largest video accepted, in bytes', {
    fallback: String(DEFAULT_MAX_VIDEO_BYTES),
  }),
  downloadMode: setting(
    'DOWNLOAD_MODE',
    z.enum(['auto', 'full', 'ranged'], { error: 'must be auto, full or ranged' }),
    'auto: fetches only the parts of a video that its samples need, where that saves enough; ranged: wherever it saves anything; full: always the whole. The results are the same',
    { fallback: 'auto' },
  ),
  maxVideoSeconds: setting('MAX_VIDEO_SECONDS', number(1, 1_000_000), 'Longest video accepted, in seconds', {
    fallback: '21600',
  }),
  tempDir: setting(
    'TEMP_DIR',
    text,
    'Folder for the videos being analysed and everything that is written meanwhile',
    {
      fallback: tmpdir(),
      fallbackNote: 'the system’s temporary folder',
    },
  ),
  ffmpegPath: setting('FFMPEG_PATH', optionalText, 'The ffmpeg to run', {
    fallbackNote: 'ffmpeg on PATH, else ffmpeg-static',
  }),

  visibilityTimeoutSeconds: setting(
    'VISIBILITY_TIMEOUT_SECONDS',
    integer(15, 43_200),
    'How long a received message stays hidden between two heartbeats, in seconds',
    { fallback: '120' },
  ),
  callbackTimeoutSeconds: setting(
    'CALLBACK_TIMEOUT_SECONDS',
    number(0.1, 60),
    'Time one callback attempt may take, in seconds',
    {
      fallback: '15',
    },
  ),
  callbackAttempts: setting(
    'CALLBACK_ATTEMPTS',
    integer(1, 10),
    'Quick attempts to deliver a callback, before the callback queue goes on',
    { fallback: '3' },
  ),
  callbackQueueUrl: setting(
    'CALLBACK_QUEUE_URL',
    standardQueueUrl.optional(),
    'URL of the queue that keeps callbacks whose receiver is down, and tries them for a day and a half; a standard queue of its own',
    { fallbackNote: 'none: the job itself comes back' },
  ),
  callbackSecrets: setting(
    'CALLBACK_SECRETS',
    webhookSecrets,
    'Secrets that callbacks are signed with, separated by commas: whsec_ and the base64 of 24 to 64 bytes',
    { fallbackNote: 'none: callbacks are not signed', secret: true },
  ),
  callbackStyle: setting(
    'CALLBACK_STYLE',
    z.enum(['event', 'result'], { error: 'must be event or result' }),
    'What a callback carries: event, with a reference to the result; or result, the whole result as the original API sent it',
    { fallback: 'event' },
  ),
  callbackPresignSeconds: setting(
    'CALLBACK_PRESIGN_SECONDS',
    integer(0, 604_800),
    'How long the link to the result in an event works, in seconds, unless the credentials that sign it end sooner, as a task role’s do after hours; 0 sends no link',
    { fallback: '0' },
  ),
  callbackAllowHosts: setting(
    'CALLBACK_ALLOW_HOSTS',
    urlHosts,
    'Hosts a callback may reach although they are private, loopback or without TLS, separated by commas',
    { fallbackNote: 'none' },
  ),
  httpDetect: setting('HTTP_DETECT', flag, 'Serves POST /detect of the original HTTP API as well', {
    fallback: 'false',
  }),
  httpDetectToken: setting('HTTP_DETECT_TOKEN', optionalText, 'Bearer token that POST /detect asks for', {
    fallbackNote: 'none: whoever reaches PORT may use it',
    secret: true,
  }),
  ecsAgentUri: setting(
    'ECS_AGENT_URI',
    httpUrl.optional(),
    'Address of the ECS agent, set by ECS itself: the task is protected from scale-in and deployments while jobs run, for half an hour at most',
    { fallbackNote: 'none: not on ECS' },
  ),
  shutdownGraceSeconds: setting(
    'SHUTDOWN_GRACE_SECONDS',
    number(0, 110),
    'Time running jobs get to end at SIGTERM, in seconds',
    {
      fallback: '90',
    },
  ),

  port: setting('PORT', integer(0, 65_535), 'Port of the health endpoints; 0 takes a free one', {
    fallback: '8000',
  }),
  logLevel: setting(
    'LOG_LEVEL',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'Least level that is logged',
    {
      fallback: 'info',
    },
  ),
  metricsNamespace: setting(
    'METRICS_NAMESPACE',
    optionalText,
    'CloudWatch namespace: metrics are also logged in the embedded metric format',
    { fallbackNote: 'none: GET /metrics only' },
  ),
  tracesEndpoint: setting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    httpUrl.optional(),
    'Base URL of an OpenTelemetry receiver (OTLP over HTTP) for traces',
    { fallbackNote: 'none: no traces' },
  ),
  debug: setting('DEBUG', flag, 'Logs at level debug, whatever LOG_LEVEL says', { fallback: 'false' }),
} as const;

export type Settings = typeof SETTINGS;
