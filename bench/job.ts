/** `npm run bench -- job`: what a job costs, end to end, in a fresh process per run, beside decoding everything with ffmpeg alone. */
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import { BENCH_CACHE, benchVideos } from './bench-videos.ts';
import { cpuTime } from './cpu-time.ts';
import type { JobCost } from './job-process.ts';
import { positiveInteger, positiveNumber } from './number-options.ts';
import { runJob, totalCpuSeconds } from './run-job.ts';

const run = promisify(execFile);

/** Ways to run a job, by the name they get in the table. */
const JOBS: ReadonlyArray<readonly [name: string, args: readonly string[]]> = [
  ['job', []],
  ['job, tolerance 0.5 s', ['--tolerance', '0.5']],
  ['job, plan all', ['--plan', 'all']],
];

/**
 * @param args the command line after `job`: --videos DIR (instead of drawn ones), --cache DIR (where drawn ones are kept), --runs N [3],
 * --interval SECONDS [2]
 */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      videos: { type: 'string' },
      cache: { type: 'string', default: BENCH_CACHE },
      runs: { type: 'string', default: '3' },
      interval: { type: 'string', default: '2' },
    },
  });
  const runs = positiveInteger('--runs', values.runs);
  const interval = positiveNumber('--interval', values.interval);
  const ffmpeg = findFfmpeg(process.env).file;
  for (const video of await benchVideos(values.videos, values.cache, ffmpeg)) {
    const baseline: number[] = [];
    const costs = JOBS.map((): JobCost[] => []);
    // Interleaved, so that whatever else the machine does falls on all alike.
    for (let round = 0; round < runs; round++) {
      baseline.push(await decodeEverything(ffmpeg, video, interval));
      for (const [kind, [, options]] of JOBS.entries()) {
        costs[kind]?.push(await runJob(video, ['--interval', String(interval), ...options]));
      }
    }
    report(video, baseline, costs);
  }
}

/** CPU seconds of `ffmpeg -vf fps=1/interval` alone: what any solution pays that decodes everything. */
async function decodeEverything(ffmpeg: string, video: string, intervalSeconds: number): Promise<number> {
  const before = cpuTime().children;
  const args = ['-nostdin', '-v', 'error', '-i'];
  await run(ffmpeg, [...args, video, '-an', '-vf', `fps=1/${intervalSeconds}`, '-f', 'null', '-']);
  return cpuTime().children - before;
}

function report(video: string, baseline: readonly number[], costs: ReadonlyArray<readonly JobCost[]>): void {
  const decode = median(baseline);
  process.stdout.write(
    `\n${basename(video)}: ffmpeg alone, decoding everything: ${decode.toFixed(2)} CPU-s\n`,
  );
  process.stdout.write(
    '| | CPU-s | of decoding all | decoder | wall s | x real time | probe, decode, inference, tracking ms | RSS MiB | frames, faces, poses | plan |\n|---|---|---|---|---|---|---|---|---|---|\n',
  );
  for (const [kind, [name]] of JOBS.entries()) {
    const runs = costs[kind] ?? [];
    const of = (figure: (cost: JobCost) => number) => median(runs.map(figure));
    const total = of(totalCpuSeconds);
    const wallSeconds = of((cost) => cost.wallMs) / 1000;
    const stages = (['probeMs', 'decodeMs', 'inferenceMs', 'trackingMs'] as const).map((stage) =>
      Math.round(of((cost) => cost.durations[stage])),
    );
    const [first] = runs;
    const cells = [
      name,
      total.toFixed(2),
      (total / decode).toFixed(2),
      of((cost) => cost.decoderCpuSeconds).toFixed(2),
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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
