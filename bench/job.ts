/** `npm run bench -- job`: what a job costs, end to end, in a fresh process per run, beside decoding everything with ffmpeg alone. */
import { execFile } from 'node:child_process';
import { basename, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseArguments } from '../src/command-line.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import type { AllowedPlan } from '../src/media/sampling-plan.ts';
import { median } from '../tools/median.ts';
import { positiveInteger, positiveNumber } from '../tools/number-options.ts';
import { BENCH_CACHE, benchVideos } from './bench-videos.ts';
import { cpuTime } from './cpu-time.ts';
import { EmulatedBucket } from './emulated-bucket.ts';
import type { JobCost } from './job-process.ts';
import { runJob, totalCpuSeconds } from './run-job.ts';

const run = promisify(execFile);

/** A way to run a job, by the name it gets in the table. */
interface Kind {
  readonly name: string;
  readonly plan: AllowedPlan;
  readonly toleranceSeconds: number;
  /** With a second one and two cores, pictures are looked at in both, and decoded by two threads. */
  readonly detectionThreads: number;
}

const KINDS: readonly Kind[] = [
  { name: 'job', plan: 'auto', toleranceSeconds: 0, detectionThreads: 1 },
  { name: 'job that has two cores', plan: 'auto', toleranceSeconds: 0, detectionThreads: 2 },
  { name: 'job, tolerance 0.5 s', plan: 'auto', toleranceSeconds: 0.5, detectionThreads: 1 },
  { name: 'job, plan all', plan: 'all', toleranceSeconds: 0, detectionThreads: 1 },
];

/**
 * @param args the command line after `job`: --videos DIR (instead of drawn ones), --cache DIR (where drawn ones are kept), --runs N [3],
 * --interval SECONDS [2], --ffmpeg FILE (what the jobs decode with, instead of the one that decodes everything)
 */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: {
      videos: { type: 'string' },
      cache: { type: 'string', default: BENCH_CACHE },
      runs: { type: 'string', default: '3' },
      interval: { type: 'string', default: '2' },
      ffmpeg: { type: 'string' },
    },
  });
  const runs = positiveInteger('--runs', values.runs);
  const interval = positiveNumber('--interval', values.interval);
  const ffmpeg = findFfmpeg(process.env);
  const jobsFfmpeg = resolve(values.ffmpeg ?? ffmpeg);
  const bucket = await EmulatedBucket.start();
  try {
    for (const video of await benchVideos(values.videos, values.cache, ffmpeg)) {
      await bucket.put(video);
      const baseline: number[] = [];
      const rows = await Promise.all(
        KINDS.map(async (kind) => ({
          kind,
          fetched: await fetchFor(bucket, video, kind, interval),
          costs: [] as JobCost[],
        })),
      );
      // Interleaved, so that whatever else the machine does falls on all alike.
      for (let round = 0; round < runs; round++) {
        baseline.push(await decodeEverything(ffmpeg, video, interval));
        for (const { kind, costs } of rows) {
          costs.push(await runJob(video, [...optionsOf(kind, interval), '--ffmpeg', jobsFfmpeg]));
        }
      }
      report(video, median(baseline), rows);
    }
  } finally {
    await bucket.stop();
  }
}

function optionsOf({ plan, toleranceSeconds, detectionThreads }: Kind, intervalSeconds: number): string[] {
  const options = {
    interval: intervalSeconds,
    plan,
    tolerance: toleranceSeconds,
    'detection-threads': detectionThreads,
  };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/** What such a job fetches of the video. Decoding everything takes all of it. */
async function fetchFor(
  bucket: EmulatedBucket,
  video: string,
  { plan, toleranceSeconds }: Kind,
  intervalSeconds: number,
): Promise<string> {
  const sampling = { intervalMs: intervalSeconds * 1000, toleranceMs: toleranceSeconds * 1000 };
  const { copy } = await bucket.fetch(video, sampling);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return `${megabytes(plan === 'all' ? copy.bytes : copy.bytesFetched)} of ${megabytes(copy.bytes)}`;
}

/** CPU seconds of `ffmpeg -vf fps=1/interval` alone: what any solution pays that decodes everything. */
async function decodeEverything(ffmpeg: string, video: string, intervalSeconds: number): Promise<number> {
  const before = cpuTime().children;
  const args = ['-nostdin', '-v', 'error', '-i'];
  await run(ffmpeg, [...args, video, '-an', '-vf', `fps=1/${intervalSeconds}`, '-f', 'null', '-']);
  return cpuTime().children - before;
}

/** What was measured of one kind of job. */
interface Row {
  readonly kind: Kind;
  readonly fetched: string;
  readonly costs: readonly JobCost[];
}

/** @param decodeSeconds CPU seconds of decoding everything with ffmpeg alone */
function report(video: string, decodeSeconds: number, rows: readonly Row[]): void {
  process.stdout.write(
    `\n${basename(video)}: ffmpeg alone, decoding everything: ${decodeSeconds.toFixed(2)} CPU-s\n`,
  );
  process.stdout.write(
    '| | CPU-s | of decoding all | of it ffmpeg, inference, rest | MB fetched | wall s | x real time | probe, decode, inference, tracking ms | RSS MiB | frames, faces, poses | plan |\n|---|---|---|---|---|---|---|---|---|---|---|\n',
  );
  for (const { kind, fetched, costs } of rows) {
    const of = (figure: (cost: JobCost) => number) => median(costs.map(figure));
    const total = of(totalCpuSeconds);
    const inference = costs.some((cost) => cost.inferenceCpuSeconds === null)
      ? null
      : of((cost) => cost.inferenceCpuSeconds ?? 0);
    const parts = [
      of((cost) => cost.decoderCpuSeconds),
      inference,
      inference === null ? null : of((cost) => cost.ownCpuSeconds) - inference,
    ];
    const wallSeconds = of((cost) => cost.wallMs) / 1000;
    const stages = (['probeMs', 'decodeMs', 'inferenceMs', 'trackingMs'] as const).map((stage) =>
      Math.round(of((cost) => cost.durations[stage])),
    );
    const [first] = costs;
    const cells = [
      kind.name,
      total.toFixed(2),
      (total / decodeSeconds).toFixed(2),
      parts.map((seconds) => seconds?.toFixed(2) ?? '–').join(', '),
      fetched,
      wallSeconds.toFixed(1),
      ((first?.videoSeconds ?? 0) / wallSeconds).toFixed(0),
      stages.join(', '),
      of((cost) => cost.peakRssMebibytes),
      `${first?.frames}, ${first?.faces}, ${first?.poses}`,
      first?.plan,
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}
