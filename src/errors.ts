/** The closed set of errors a job or the process can end in. Foreign errors are translated into these once, at the adapter that met them. */

/**
 * What becomes of the job an error ends (see worker/outcome.ts):
 * - `permanent`: the input can never work; a failed result is written and the message deleted
 * - `retry`: a dependency had a bad moment; the message comes back after a back-off
 * - `released`: the work was taken from us (shutdown, lost lease, a client that is gone); no result is written, the message is visible again at once
 * - `unreadable`: the message is no job at all; it is left for the dead-letter queue
 * - `fatal`: the process cannot start or go on (configuration, models)
 */
export type ErrorKind = 'permanent' | 'retry' | 'released' | 'unreadable' | 'fatal';

/** Every error code and its kind. The codes are public: they stand in failed results and callbacks. */
export const ERROR_KINDS = {
  MESSAGE_UNREADABLE: 'unreadable',
  JOB_INVALID: 'permanent',
  VIDEO_NOT_FOUND: 'permanent',
  VIDEO_ACCESS_DENIED: 'permanent',
  VIDEO_EMPTY: 'permanent',
  VIDEO_TOO_LARGE: 'permanent',
  VIDEO_TOO_LONG: 'permanent',
  VIDEO_RESOLUTION_TOO_HIGH: 'permanent',
  VIDEO_FORMAT_UNSUPPORTED: 'permanent',
  VIDEO_STREAM_MISSING: 'permanent',
  VIDEO_CORRUPT: 'permanent',
  RESULT_TOO_LARGE: 'permanent',
  DETECTIONS_INVALID: 'permanent',
  JOB_DEADLINE_EXCEEDED: 'permanent',
  JOB_CONFLICT: 'permanent',
  WORKER_CRASHED: 'permanent',
  STORAGE_UNAVAILABLE: 'retry',
  QUEUE_UNAVAILABLE: 'retry',
  DISK_FULL: 'retry',
  DECODER_FAILED: 'retry',
  THREAD_CRASHED: 'retry',
  CALLBACK_FAILED: 'retry',
  INTERNAL: 'retry',
  LEASE_LOST: 'released',
  SHUTTING_DOWN: 'released',
  CLIENT_DISCONNECTED: 'released',
  CONFIG_INVALID: 'fatal',
  MODEL_INVALID: 'fatal',
  FFMPEG_MISSING: 'fatal',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** The code as one of ours; one that a newer worker has written becomes `INTERNAL`. */
export function knownCode(code: string): ErrorCode {
  return Object.hasOwn(ERROR_KINDS, code) ? (code as ErrorCode) : 'INTERNAL';
}

/** An error that names its cause in one sentence and says what to do about it. `message` is safe to show to the job's owner. */
export class WorkerError extends Error {
  readonly code: ErrorCode;
  /** How long who failed has asked to be left alone; null when nobody has. */
  readonly retryAfterSeconds: number | null;
  /** Whether a signal that we did not send ended a child process: a crash, which may be the doing of what it worked on. */
  readonly endedBySignal: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly cause?: unknown;
      readonly retryAfterSeconds?: number | null;
      readonly endedBySignal?: boolean;
    } = {},
  ) {
    super(message, options);
    this.name = 'WorkerError';
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
    this.endedBySignal = options.endedBySignal ?? false;
  }

  get kind(): ErrorKind {
    return ERROR_KINDS[this.code];
  }
}

/** The error as one of ours: unchanged when it is, else an `INTERNAL` one with the original as its cause. */
export function toWorkerError(error: unknown): WorkerError {
  if (error instanceof WorkerError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new WorkerError('INTERNAL', `unexpected error: ${detail}`, { cause: error });
}

/** A plain object that survives the structured clone between threads, where class instances lose their type. */
export interface SerializedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly endedBySignal: boolean;
  readonly stack?: string;
}

export function serializeError(error: unknown): SerializedError {
  const { code, message, endedBySignal, stack, cause } = toWorkerError(error);
  const trace = cause instanceof Error ? cause.stack : stack;
  return { code, message, endedBySignal, ...(trace === undefined ? {} : { stack: trace }) };
}

export function deserializeError({ code, message, endedBySignal, stack }: SerializedError): WorkerError {
  const error = new WorkerError(code, message, { endedBySignal });
  if (stack !== undefined) error.stack = stack;
  return error;
}
