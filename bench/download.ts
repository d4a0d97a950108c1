/**
 * `npm run bench -- download`: how many bytes of a video a job fetches, by seconds between its samples, from the emulator; and how soon its
 * analysis can begin.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { createS3Client } from '../src/aws/clients.ts';
import { S3Store } from '../src/aws/s3-store.ts';
import { planDownload } from '../src/media/download-plan.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import type { DownloadOptions, VideoCopy } from '../src/worker/ports.ts';
import { startEmulator } from '../tools/emulator/emulator.ts';
import { upload } from '../tools/emulator/upload.ts';
import { BENCH_CACHE, benchVideos } from './bench-videos.ts';
import { listOf, positiveNumber, zeroOrMore } from './number-options.ts';

const BUCKET = 'videos';
const MAX_BYTES = Number.MAX_SAFE_INTEGER;

/** Sampling, in milliseconds. */
interface Sampling {
  readonly intervalMs: number;
  readonly toleranceMs: number;
}

/**
 * @param args the command line after `download`: --videos DIR (instead of drawn ones), --cache DIR (where drawn ones are kept),
 * --intervals SECONDS,... [10,2], --tolerance SECONDS [0], --mode auto|ranged [auto]
 */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      videos: { type: 'string' },
      cache: { type: 'string', default: BENCH_CACHE },
      intervals: { type: 'string', default: '10,2' },
      tolerance: { type: 'string', default: '0' },
      mode: { type: 'string', default: 'auto' },
    },
  });
  const toleranceMs = zeroOrMore('--tolerance', values.tolerance) * 1000;
  const intervals = listOf(positiveNumber, '--intervals', values.intervals);
  const videos = await benchVideos(values.videos, values.cache, findFfmpeg(process.env).file);
  const emulator = await startEmulator();
  // The emulator takes any.
  process.env.AWS_ACCESS_KEY_ID ??= 'bench';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'bench';
  const s3 = createS3Client({ region: 'us-east-1', endpointUrl: emulator.endpoint });
  process.stdout.write(
    '| video | a sample every | MB | fetched MB | share | stretches | begin ms | ms |\n|---|---|---|---|---|---|---|---|\n',
  );
  try {
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    for (const video of videos) {
      await upload(s3, BUCKET, basename(video), await readFile(video));
      for (const seconds of intervals) {
        const sampling = { intervalMs: seconds * 1000, toleranceMs };
        const { copy, beginMs, wallMs } = await fetchFor(
          s3,
          basename(video),
          sampling,
          values.mode === 'ranged',
        );
        const cells = [
          basename(video),
          `${seconds} s`,
          megabytes(copy.bytes),
          megabytes(copy.bytesFetched),
          `${((100 * copy.bytesFetched) / copy.bytes).toFixed(1)} %`,
          copy.parts?.length ?? 'whole',
          Math.round(beginMs),
          Math.round(wallMs),
        ];
        process.stdout.write(`| ${cells.join(' | ')} |\n`);
      }
    }
  } finally {
    s3.destroy();
    await emulator.stop();
  }
}

async function fetchFor(
  s3: S3Client,
  key: string,
  sampling: Sampling,
  alwaysByPlan: boolean,
): Promise<{ copy: VideoCopy; beginMs: number; wallMs: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-download-'));
  const options: DownloadOptions = {
    maxBytes: MAX_BYTES,
    plan: (bytes, read, signal) => planDownload(bytes, sampling, read, signal),
    alwaysByPlan,
  };
  try {
    const startMs = performance.now();
    const file = join(folder, 'video');
    const copy = await new S3Store(s3).download(
      { bucket: BUCKET, key },
      file,
      options,
      AbortSignal.timeout(600_000),
    );
    const beginMs = performance.now() - startMs;
    await copy.arriving?.done;
    return { copy, beginMs, wallMs: performance.now() - startMs };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
