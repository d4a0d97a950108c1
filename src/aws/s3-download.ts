/** Copies an object into a file: parts in parallel, each resumed where it broke off, all of one version of the object. */
import { type FileHandle, open, statfs } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { toWorkerError, WorkerError } from '../errors.ts';
import { type BackOff, fullJitterMs } from '../worker/back-off.ts';
import type { DownloadOptions, ObjectHead, ObjectLocation } from '../worker/ports.ts';
import { awsFailure } from './aws-errors.ts';
import { videoError } from './video-error.ts';
import { watchedChunks } from './watched-chunks.ts';

export interface TransferOptions {
  /** Bytes per ranged request. */
  readonly partBytes?: number;
  /** Parts under way at the same time. */
  readonly parallelParts?: number;
  /** A body that brings nothing for this long is given up and resumed where it stopped. */
  readonly idleTimeoutMs?: number;
  /** Failures in a row, without one new byte between them, after which the download is given up. */
  readonly maxFailures?: number;
  /** Waits between those failures. */
  readonly backOff?: BackOff;
  /** Bytes that stay free on the disk of the file. */
  readonly spareDiskBytes?: number;
}

const DEFAULTS: Required<TransferOptions> = {
  partBytes: 16 * 1024 * 1024,
  parallelParts: 4,
  idleTimeoutMs: 20_000,
  maxFailures: 6,
  backOff: { baseMs: 500, maxMs: 8000 },
  spareDiskBytes: 64 * 1024 * 1024,
};

/**
 * Downloads into a new file with mode 0600. Size and disk space are checked before anything is written.
 * @throws WorkerError as ObjectStore.download does; the signal's reason when aborted
 */
export async function downloadObject(
  s3: S3Client,
  location: ObjectLocation,
  file: string,
  options: DownloadOptions & TransferOptions,
  signal: AbortSignal,
): Promise<ObjectHead> {
  try {
    const head = await inspect(s3, location, signal);
    refuseTooLarge(head, location, options.maxBytes);
    const handle = await open(file, 'wx', 0o600);
    try {
      const { spareDiskBytes } = { ...DEFAULTS, ...options };
      await refuseWithoutSpace(file, head.bytes, spareDiskBytes);
      await new Download(s3, location, head, handle, options).run(signal);
    } finally {
      await handle.close();
    }
    return head;
  } catch (error) {
    throw signal.aborted ? toWorkerError(signal.reason) : videoError(error, location);
  }
}

/** Asks for the first byte: unlike HEAD, a refused GET says why. */
async function inspect(
  s3: S3Client,
  { bucket, key }: ObjectLocation,
  signal: AbortSignal,
): Promise<ObjectHead> {
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: 'bytes=0-0' });
    const answer = await s3.send(command, { abortSignal: signal });
    bodyOf(answer).destroy();
    return { bytes: totalBytes(answer), etag: answer.ETag ?? '', metadata: answer.Metadata ?? {} };
  } catch (cause) {
    // There is no first byte.
    if (awsFailure(cause).status !== 416) throw cause;
    throw new WorkerError('VIDEO_EMPTY', `s3://${bucket}/${key} has no bytes: upload the video again`, {
      cause,
    });
  }
}

class Download {
  readonly #s3: S3Client;
  readonly #location: ObjectLocation;
  readonly #head: ObjectHead;
  readonly #file: FileHandle;
  readonly #options: Required<TransferOptions> & Pick<DownloadOptions, 'onProgress'>;
  #bytesDone = 0;

  constructor(
    s3: S3Client,
    location: ObjectLocation,
    head: ObjectHead,
    file: FileHandle,
    options: TransferOptions & Pick<DownloadOptions, 'onProgress'>,
  ) {
    this.#s3 = s3;
    this.#location = location;
    this.#head = head;
    this.#file = file;
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Lanes take the next part until none is left; the first to fail stops the others. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    let nextByte = 0;
    const lane = async () => {
      while (nextByte < this.#head.bytes) {
        const start = nextByte;
        nextByte = Math.min(start + this.#options.partBytes, this.#head.bytes);
        await this.#fetchPart(start, nextByte, either);
      }
    };
    const lanes = Array.from({ length: this.#options.parallelParts }, () =>
      lane().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    );
    await Promise.allSettled(lanes);
    await Promise.all(lanes);
  }

  /** Writes the bytes from `start` up to, not including, `end`. */
  async #fetchPart(start: number, end: number, signal: AbortSignal): Promise<void> {
    const { maxFailures, backOff } = this.#options;
    let position = start;
    let failures = 0;
    while (position < end) {
      try {
        for await (const chunk of this.#chunks(position, end, signal)) {
          await writeAt(this.#file, chunk, position);
          position += chunk.length;
          failures = 0;
          this.#bytesDone += chunk.length;
          this.#options.onProgress?.(this.#bytesDone, this.#head.bytes);
        }
        if (position < end) throw new Error('the body ended before its time');
      } catch (error) {
        signal.throwIfAborted();
        const meaning = videoError(error, this.#location);
        failures += 1;
        if (meaning.code !== 'STORAGE_UNAVAILABLE' || failures >= maxFailures) throw meaning;
        await sleep(fullJitterMs(failures, backOff, Math.random), undefined, { signal });
      }
    }
  }

  async *#chunks(start: number, end: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const command = new GetObjectCommand({
      Bucket: this.#location.bucket,
      Key: this.#location.key,
      Range: `bytes=${start}-${end - 1}`,
      IfMatch: this.#head.etag,
    });
    const answer = await this.#answerTo(command, signal);
    const body = bodyOf(answer);
    const range = `bytes ${start}-${end - 1}/${this.#head.bytes}`;
    if (answer.ContentRange !== range || answer.ContentLength !== end - start) {
      body.destroy();
      throw new Error(`asked for ${range}, got ${answer.ContentRange} of ${answer.ContentLength} bytes`);
    }
    yield* watchedChunks(body, this.#options.idleTimeoutMs, signal);
  }

  /** The headers of the answer; their silence has the same limit as the body's. */
  async #answerTo(command: GetObjectCommand, signal: AbortSignal): Promise<GetObjectCommandOutput> {
    const { idleTimeoutMs } = this.#options;
    const silence = new AbortController();
    const watchdog = setTimeout(() => silence.abort(), idleTimeoutMs);
    try {
      return await this.#s3.send(command, { abortSignal: AbortSignal.any([signal, silence.signal]) });
    } catch (error) {
      throw silence.signal.aborted ? new Error(`no answer within ${idleTimeoutMs} ms`) : error;
    } finally {
      clearTimeout(watchdog);
    }
  }
}

/** The object's size, from the answer to a ranged request. */
function totalBytes({ ContentRange = '' }: GetObjectCommandOutput): number {
  const total = Number(/\/(\d+)$/.exec(ContentRange)?.[1]);
  if (!Number.isSafeInteger(total)) throw new Error(`a range was asked for, "${ContentRange}" came`);
  return total;
}

function bodyOf({ Body }: GetObjectCommandOutput): Readable {
  if (!(Body instanceof Readable)) throw new Error('the answer has no body');
  return Body;
}

function refuseTooLarge({ bytes }: ObjectHead, { bucket, key }: ObjectLocation, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new WorkerError(
    'VIDEO_TOO_LARGE',
    `s3://${bucket}/${key} has ${bytes} bytes, the limit is ${maxBytes}: send a smaller video or raise MAX_VIDEO_BYTES`,
  );
}

async function refuseWithoutSpace(file: string, bytes: number, spareBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(file);
  if (bytes + spareBytes <= bavail * bsize) return;
  throw new WorkerError(
    'DISK_FULL',
    `the video has ${bytes} bytes, ${bavail * bsize} are free: give TEMP_DIR more space or run fewer jobs at once`,
  );
}

async function writeAt(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}
