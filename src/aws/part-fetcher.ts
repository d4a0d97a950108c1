/** Fetches stretches of one version of an object into a file: several at a time, each resumed where it broke off. */
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import type { ByteRange } from '../byte-ranges.ts';
import { type BackOff, fullJitterMs } from '../worker/back-off.ts';
import type { ObjectHead, ObjectLocation } from '../worker/ports.ts';
import { awsFailure } from './aws-errors.ts';
import { isReplaced, videoError } from './video-error.ts';
import { watchedChunks } from './watched-chunks.ts';

export interface FetchOptions {
  /** Most bytes per ranged request. */
  readonly partBytes: number;
  /** A body that brings nothing for this long is given up and resumed where it stopped. */
  readonly idleTimeoutMs: number;
  /** Failures in a row, without one new byte between them, after which the download is given up. */
  readonly maxFailures: number;
  /** Waits between those failures. */
  readonly backOff: BackOff;
}

export class PartFetcher {
  readonly #s3: S3Client;
  readonly #location: ObjectLocation;
  readonly #head: ObjectHead;
  readonly #options: FetchOptions;
  #bytesFetched = 0;

  constructor(s3: S3Client, location: ObjectLocation, head: ObjectHead, options: FetchOptions) {
    this.#s3 = s3;
    this.#location = location;
    this.#head = head;
    this.#options = options;
  }

  /** Bytes that have come so far. */
  get bytesFetched(): number {
    return this.#bytesFetched;
  }

  /**
   * Lanes take the next part until none is left; the first to fail stops the others.
   * @param lanes requests under way at the same time
   * @param onPart called with each of `partsOf` the ranges when it lies in the file
   * @throws WorkerError as ObjectStore.download does; the signal's reason when aborted
   */
  async fetch(
    file: FileHandle,
    ranges: readonly ByteRange[],
    lanes: number,
    signal: AbortSignal,
    onPart: (part: ByteRange) => void = () => {},
  ): Promise<void> {
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    // One iterator for all lanes: each takes what is next.
    const parts = this.partsOf(ranges).values();
    const lane = async () => {
      for (const part of parts) {
        await this.#fetchPart(file, part, either);
        onPart(part);
      }
    };
    const running = Array.from({ length: lanes }, () =>
      lane().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    );
    await Promise.allSettled(running);
    await Promise.all(running);
  }

  /** The ranges in pieces of one request each. */
  partsOf(ranges: readonly ByteRange[]): ByteRange[] {
    const { partBytes } = this.#options;
    return ranges.flatMap(({ start, end }) =>
      Array.from({ length: Math.ceil((end - start) / partBytes) }, (_, part) => ({
        start: start + part * partBytes,
        end: Math.min(start + (part + 1) * partBytes, end),
      })),
    );
  }

  async #fetchPart(file: FileHandle, { start, end }: ByteRange, signal: AbortSignal): Promise<void> {
    const { maxFailures, backOff } = this.#options;
    let position = start;
    let failures = 0;
    while (position < end) {
      try {
        for await (const chunk of this.#chunks(position, end, signal)) {
          await writeAt(file, chunk, position);
          position += chunk.length;
          failures = 0;
          this.#bytesFetched += chunk.length;
        }
        if (position < end) throw new Error('the body ended before its time');
      } catch (error) {
        signal.throwIfAborted();
        const meaning = videoError(error, this.#location);
        failures += 1;
        const mayPass = meaning.code === 'STORAGE_UNAVAILABLE' && !isReplaced(awsFailure(error));
        if (!mayPass || failures >= maxFailures) throw meaning;
        await sleep(fullJitterMs(failures, backOff), undefined, { signal });
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

export function bodyOf({ Body }: GetObjectCommandOutput): Readable {
  if (!(Body instanceof Readable)) throw new Error('the answer has no body');
  return Body;
}

async function writeAt(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}
