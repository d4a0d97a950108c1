/** A bucket of the emulator, from which benches fetch videos as the worker does. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { createS3Client } from '../src/aws/clients.ts';
import { S3Store } from '../src/aws/s3-store.ts';
import { planDownload } from '../src/media/download-plan.ts';
import type { Sampling } from '../src/media/sampling.ts';
import type { VideoCopy } from '../src/worker/ports.ts';
import { type Emulator, startEmulator } from '../tools/emulator/emulator.ts';
import { upload } from '../tools/emulator/upload.ts';

const BUCKET = 'videos';

/** What a job would fetch of a video, and how long that took. */
export interface Fetched {
  readonly copy: VideoCopy;
  /** Until the video could be opened, and until all that is needed was there. */
  readonly beginMs: number;
  readonly wallMs: number;
}

export class EmulatedBucket {
  readonly #emulator: Emulator;
  readonly #s3: S3Client;

  private constructor(emulator: Emulator, s3: S3Client) {
    this.#emulator = emulator;
    this.#s3 = s3;
  }

  static async start(): Promise<EmulatedBucket> {
    const emulator = await startEmulator();
    // The emulator takes any.
    process.env.AWS_ACCESS_KEY_ID ??= 'bench';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'bench';
    const s3 = createS3Client({ region: 'us-east-1', endpointUrl: emulator.endpoint });
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    return new EmulatedBucket(emulator, s3);
  }

  async put(video: string): Promise<void> {
    await upload(this.#s3, BUCKET, basename(video), await readFile(video));
  }

  /**
   * Fetches what such a job needs of a video that was put, and throws it away.
   * @param alwaysByPlan as DOWNLOAD_MODE=ranged does, also where the whole would be fetched sooner
   */
  async fetch(video: string, sampling: Sampling, alwaysByPlan = false): Promise<Fetched> {
    const folder = await mkdtemp(join(tmpdir(), 'bench-download-'));
    try {
      const startMs = performance.now();
      const copy = await new S3Store(this.#s3).download(
        { bucket: BUCKET, key: basename(video) },
        join(folder, 'video'),
        {
          maxBytes: Number.MAX_SAFE_INTEGER,
          plan: (bytes, read, signal) => planDownload(bytes, sampling, read, signal),
          alwaysByPlan,
        },
        AbortSignal.timeout(600_000),
      );
      const beginMs = performance.now() - startMs;
      await copy.arriving?.done;
      return { copy, beginMs, wallMs: performance.now() - startMs };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async stop(): Promise<void> {
    this.#s3.destroy();
    await this.#emulator.stop();
  }
}
