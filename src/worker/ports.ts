/** What the worker needs from the world, in its own words: a received message, a store of objects, an analyser, a receiver of callbacks. */
import type { Arrivals } from '../arrivals.ts';
import type { ByteRange, ReadBytes } from '../byte-ranges.ts';
import type { DetectionEvent } from '../contract/callback.ts';
import type { Analysis, AnalysisRequest, DownloadPlan } from '../pipeline/analysis.ts';
import type { Progress } from '../pipeline/progress.ts';

export type { DownloadPlan };

/** A message this process holds until its visibility timeout ends. Methods reject with a WorkerError, LEASE_LOST when the message is no longer ours. */
export interface ReceivedMessage {
  readonly messageId: string;
  /** Names our hold on the message to the queue, another one at every receive; empty when no queue is behind it. */
  readonly receiptHandle: string;
  readonly body: string;
  /** How often the queue has handed this message out, this time included: 1 or more. */
  readonly receiveCount: number;
  /** Receives after which the queue moves the message to its dead-letter queue; Infinity without a redrive policy, null where that is not known. */
  readonly maxReceiveCount: number | null;
  /** When the message was put on the queue, in milliseconds since the epoch; null when it never was on one. */
  readonly sentAtMs: number | null;
  /** When the receive that brought it was answered, on the clock of `performance.now()`. */
  readonly receivedAtMs: number;
  /** Fields of the sender’s trace (https://www.w3.org/TR/trace-context/), where it sent any. */
  readonly trace?: Readonly<Record<string, string>>;
  /** Hides the message for that many seconds from now; 0 makes it visible at once. */
  changeVisibility(seconds: number, signal: AbortSignal): Promise<void>;
  delete(signal: AbortSignal): Promise<void>;
  /** Puts a copy on the queue that was never received, then deletes this one. */
  resend(signal: AbortSignal): Promise<void>;
}

export interface ObjectLocation {
  readonly bucket: string;
  readonly key: string;
}

/** What is known of a stored object without reading it. */
export interface ObjectHead {
  readonly bytes: number;
  /** Changes with the content; opaque. */
  readonly etag: string;
  /** User metadata: lower-case names, ASCII values. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Writes only if nothing is stored there yet (`absent`), or only over the object with this ETag. */
export type PutCondition = 'absent' | { readonly etag: string };

export interface PutOptions {
  readonly condition: PutCondition;
  readonly contentType: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface DownloadOptions {
  /** Larger objects are refused with VIDEO_TOO_LARGE before a byte is written. */
  readonly maxBytes: number;
  /** Says which bytes are needed; without it, and where that saves too little, the whole is copied. */
  readonly plan?: PlanDownload;
  /** Follows the plan even where it saves next to nothing. */
  readonly alwaysByPlan?: boolean;
}

/**
 * Plans what an analysis needs of a video. Null: all of it, or it cannot tell.
 * @param read reads bytes of the video; what the plan needs of them is not fetched again
 */
export type PlanDownload = (
  videoBytes: number,
  read: ReadBytes,
  signal: AbortSignal,
) => Promise<DownloadPlan | null>;

/** Parts of a copy that come after it was handed out. */
export interface ArrivingParts {
  /** For who reads them. */
  readonly arrivals: Arrivals;
  /** Resolves when all have come; rejects as `download` does when they do not. Until then, the file is written to. */
  readonly done: Promise<void>;
}

/** A copy of a video, of the video's size: what is missing of it is a hole. */
export interface VideoCopy extends ObjectHead {
  /** What is there or arriving, ascending and apart from each other; null for all of it. */
  readonly parts: readonly ByteRange[] | null;
  /** Null when all of it is there. */
  readonly arriving: ArrivingParts | null;
  readonly windows: DownloadPlan['windows'];
  /** How many bytes have come for it so far. */
  readonly bytesFetched: number;
  /** Fetches what is missing, of the same version, once nothing is arriving any more. Rejects as `download` does. */
  complete(signal: AbortSignal): Promise<VideoCopy>;
}

/** What is put into a store; it is read from its beginning at every try. A Blob is one. */
export interface Content {
  readonly size: number;
  stream(): AsyncIterable<Uint8Array>;
}

/**
 * Objects by bucket and key. Everything rejects with a WorkerError: STORAGE_UNAVAILABLE, also where access is refused. That a video is
 * refused, which is its job's own failure, is said by `download` alone: VIDEO_ACCESS_DENIED.
 */
export interface ObjectStore {
  /** Null when there is no such object. */
  head(location: ObjectLocation, signal: AbortSignal): Promise<ObjectHead | null>;
  /** The object's ETag as far as it is known: null when there is no such object, and when it may not be looked at. */
  etag(location: ObjectLocation, signal: AbortSignal): Promise<string | null>;
  /** Null when there is no such object. */
  get(location: ObjectLocation, signal: AbortSignal): Promise<Uint8Array | null>;
  /**
   * For objects that are too large to be held, or whose reader may be slow: the content from the beginning, fetched as it is read, once.
   * Reading rejects as `get` does, also when the object is replaced meanwhile. Null when there is no such object.
   */
  open(location: ObjectLocation, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | null>;
  /** Resolves to the new object's ETag, or to null when the condition did not hold and nothing was written. */
  put(
    location: ObjectLocation,
    content: Uint8Array | Content,
    options: PutOptions,
    signal: AbortSignal,
  ): Promise<string | null>;
  /** Deletes the object; no error when there is none. */
  delete(location: ObjectLocation, signal: AbortSignal): Promise<void>;
  /**
   * Copies a video, or what is needed of it, into a new file that only this user can read. Parts may arrive after it resolves, until
   * the signal aborts.
   * Rejects with VIDEO_NOT_FOUND, VIDEO_ACCESS_DENIED, VIDEO_EMPTY, VIDEO_TOO_LARGE, DISK_FULL or STORAGE_UNAVAILABLE.
   */
  download(
    location: ObjectLocation,
    file: string,
    options: DownloadOptions,
    signal: AbortSignal,
  ): Promise<VideoCopy>;
}

/**
 * What became of an event:
 * - `taken`: the receiver has it
 * - `unwanted`: the receiver asked not to be sent it again
 * - `queued`: a queue has it, and goes on to deliver it
 */
export type Notified = 'taken' | 'unwanted' | 'queued';

/** Tells a receiver that a job has ended. */
export interface Notifier {
  /**
   * Rejects with CALLBACK_FAILED when nobody has the event.
   * @param eventId the same for every delivery of the same result, so that receivers can ignore repeats
   */
  notify(url: string, eventId: string, event: DetectionEvent, signal: AbortSignal): Promise<Notified>;
}

/** Turns a video file into a result document, away from this thread; obeys the signal by stopping all its work. */
export interface VideoAnalyser {
  analyse(
    request: AnalysisRequest,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Analysis>;
}

/** Where messages come from. */
export interface JobIntake {
  /** Begins to receive; every message goes to the handler, at most one per slot at a time. */
  start(handler: (message: ReceivedMessage) => Promise<void>): void;
  /** Aborts the receives in flight; nothing is received afterwards. Messages already handed out stay with their handlers. */
  stop(): void;
  /**
   * Takes a slot away from the queue, for a job that comes another way; null when the queue needs them all.
   * The function gives it back.
   */
  lendSlot(): Promise<(() => void) | null>;
  /** Why nothing can be received at the moment; null while all is well. */
  readonly problem: string | null;
}
