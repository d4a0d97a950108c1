/** The object store on S3: conditional puts, and every SDK error translated into one of ours. */
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { toWorkerError, WorkerError } from '../errors.ts';
import { fullJitterMs } from '../worker/back-off.ts';
import type {
  Content,
  DownloadOptions,
  ObjectHead,
  ObjectLocation,
  ObjectStore,
  PutOptions,
  VideoCopy,
} from '../worker/ports.ts';
import { type AwsFailure, awsFailure, describeAwsFailure, isRefused } from './aws-errors.ts';
import { MAX_ATTEMPTS } from './clients.ts';
import { DEFAULT_TRANSFER, downloadObject, type TransferOptions } from './s3-download.ts';

/** What is fetched at a time of an object that is read in parts: a slow reader keeps this much in memory, and no connection open. */
const READ_PART_BYTES = 1024 ** 2;

/** Told all together: the answer to a HEAD names no action, and where the bucket may not be listed, a missing object is a refused one. */
const PERMISSIONS = 's3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket';

export class S3Store implements ObjectStore {
  readonly #s3: S3Client;
  readonly #transfer: TransferOptions;

  constructor(s3: S3Client, transfer: TransferOptions = {}) {
    this.#s3 = s3;
    this.#transfer = transfer;
  }

  async head(location: ObjectLocation, signal: AbortSignal): Promise<ObjectHead | null> {
    return await this.#lookAt(location, signal, isMissing);
  }

  async etag(location: ObjectLocation, signal: AbortSignal): Promise<string | null> {
    const isUnknown = (failure: AwsFailure) => isMissing(failure) || isRefused(failure);
    return (await this.#lookAt(location, signal, isUnknown))?.etag ?? null;
  }

  async #lookAt(
    { bucket, key }: ObjectLocation,
    signal: AbortSignal,
    isNull: (failure: AwsFailure) => boolean,
  ): Promise<ObjectHead | null> {
    const command = new HeadObjectCommand({ Bucket: bucket, Key: key });
    const found = await answer(
      this.#s3.send(command, { abortSignal: signal }),
      `look at s3://${bucket}/${key}`,
      signal,
      isNull,
    );
    if (found === null) return null;
    return { bytes: found.ContentLength ?? 0, etag: found.ETag ?? '', metadata: found.Metadata ?? {} };
  }

  async get({ bucket, key }: ObjectLocation, signal: AbortSignal): Promise<Uint8Array | null> {
    const bytes = this.#read({ Bucket: bucket, Key: key }, signal);
    return await answer(bytes, `read s3://${bucket}/${key}`, signal, isMissing);
  }

  async open(location: ObjectLocation, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | null> {
    const head = await this.head(location, signal);
    return head === null ? null : this.#parts(location, head, signal);
  }

  async *#parts(
    { bucket, key }: ObjectLocation,
    { bytes, etag }: ObjectHead,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void> {
    for (let start = 0; start < bytes; start += READ_PART_BYTES) {
      const Range = `bytes=${start}-${Math.min(bytes, start + READ_PART_BYTES) - 1}`;
      yield await this.#read({ Bucket: bucket, Key: key, Range, IfMatch: etag }, signal).catch((cause) => {
        throw translated(cause, `read s3://${bucket}/${key}`, signal);
      });
    }
  }

  async #read(request: GetObjectCommandInput, signal: AbortSignal): Promise<Uint8Array> {
    const { Body } = await this.#s3.send(new GetObjectCommand(request), { abortSignal: signal });
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  }

  async put(
    { bucket, key }: ObjectLocation,
    content: Uint8Array | Content,
    { condition, contentType, metadata }: PutOptions,
    signal: AbortSignal,
  ): Promise<string | null> {
    const request = {
      Bucket: bucket,
      Key: key,
      ContentType: contentType,
      ...(metadata === undefined ? {} : { Metadata: { ...metadata } }),
      ...(condition === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: condition.etag }),
    };
    const send = async (body: Uint8Array | Readable, length: number) => {
      const command = new PutObjectCommand({ ...request, Body: body, ContentLength: length });
      return await this.#s3.send(command, { abortSignal: signal });
    };
    const written = await answer(
      content instanceof Uint8Array
        ? send(content, content.length)
        : this.#persist(async () => {
            const body = Readable.from(content.stream());
            return await send(body, content.size).finally(() => body.destroy());
          }, signal),
      `write s3://${bucket}/${key}`,
      signal,
      isConditionFailed,
    );
    return written === null ? null : (written.ETag ?? '');
  }

  /** The SDK sends a stream only once: what may pass by itself is tried again here, from the beginning. */
  async #persist<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { backOff } = { ...DEFAULT_TRANSFER, ...this.#transfer };
    for (let failures = 1; ; failures++) {
      try {
        return await send();
      } catch (error) {
        const { status = 500 } = awsFailure(error);
        if (signal.aborted || status < 500 || failures === MAX_ATTEMPTS) throw error;
        await sleep(fullJitterMs(failures, backOff), undefined, { signal });
      }
    }
  }

  async delete({ bucket, key }: ObjectLocation, signal: AbortSignal): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: bucket, Key: key });
    await answer(
      this.#s3.send(command, { abortSignal: signal }),
      `delete s3://${bucket}/${key}`,
      signal,
      isMissing,
    );
  }

  async download(
    location: ObjectLocation,
    file: string,
    options: DownloadOptions,
    signal: AbortSignal,
  ): Promise<VideoCopy> {
    return await downloadObject(this.#s3, location, file, { ...options, ...this.#transfer }, signal);
  }
}

/** The request's answer, or null for the failure that is one; other failures may pass by themselves. */
async function answer<T>(
  request: Promise<T>,
  action: string,
  signal: AbortSignal,
  isNull: (failure: AwsFailure) => boolean,
): Promise<T | null> {
  try {
    return await request;
  } catch (cause) {
    if (!signal.aborted && isNull(awsFailure(cause))) return null;
    throw translated(cause, action, signal);
  }
}

function translated(cause: unknown, action: string, signal: AbortSignal): WorkerError {
  if (signal.aborted) return toWorkerError(signal.reason);
  const failure = awsFailure(cause);
  const hint = failure.status === 403 ? `; the task role needs ${PERMISSIONS}` : '';
  return new WorkerError(
    'STORAGE_UNAVAILABLE',
    `S3 could not ${action} (${describeAwsFailure(failure)})${hint}`,
    { cause },
  );
}

function isMissing({ code, status }: AwsFailure): boolean {
  return code === 'NoSuchKey' || code === 'NotFound' || (status === 404 && code !== 'NoSuchBucket');
}

/** 412: the condition does not hold. 409: another conditional put was under way at the same moment. 404: If-Match on nothing. */
function isConditionFailed({ code, status }: AwsFailure): boolean {
  return status === 412 || code === 'ConditionalRequestConflict' || code === 'NoSuchKey';
}
