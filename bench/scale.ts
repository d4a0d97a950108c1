/** `npm run bench -- scale`: how a job's cost grows with the length of the video, the interval and the number of slots. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseArguments } from '../src/command-line.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import { listOf, positiveInteger, positiveNumber } from '../tools/number-options.ts';
import { BENCH_CACHE, benchVideo } from './bench-videos.ts';
import { lineChart } from './line-chart.ts';
import { runJob, totalCpuSeconds } from './run-job.ts';

const run = promisify(execFile);

const OPTIONS = {
  video: { type: 'string' },
  cache: { type: 'string', default: BENCH_CACHE },
  seconds: { type: 'string', default: '10,60,300,3600' },
  intervals: { type: 'string', default: '0.5,2,10' },
  slots: { type: 'string', default: '1,2,4' },
  svg: { type: 'string', default: 'scale.svg' },
} as const;

/**
 * @param args the command line after `scale`: --video FILE (repeated or cut to each length; a drawn one by default), --seconds LIST,
 * --intervals LIST, --slots LIST, --svg FILE for the plot, --cache DIR
 */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({ args, options: OPTIONS });
  const lengths = listOf(positiveNumber, '--seconds', values.seconds);
  const intervals = listOf(positiveNumber, '--intervals', values.intervals);
  const slotCounts = listOf(positiveInteger, '--slots', values.slots);
  const ffmpeg = findFfmpeg(process.env);
  const original = await benchVideo(values.video, values.cache);
  const byLength: Array<[number, number]> = [];
  print(
    '| video s | interval s | slots | frames | CPU-s | decoder CPU-s | wall s | RSS MiB |\n|---|---|---|---|---|---|---|---|',
  );

  for (const seconds of lengths) {
    const video = await videoOf(seconds, original, values.cache, ffmpeg);
    byLength.push([seconds, await measureOne(video, seconds, 2, 1)]);
  }
  const minute = await videoOf(60, original, values.cache, ffmpeg);
  for (const interval of intervals) await measureOne(minute, 60, interval, 1);
  for (const slots of slotCounts) await measureOne(minute, 60, 2, slots);

  const [shortest] = byLength;
  if (shortest !== undefined) {
    const proportional = byLength.map(([seconds]): [number, number] => [
      seconds,
      (shortest[1] * seconds) / shortest[0],
    ]);
    const lines = [
      { name: 'measured', points: byLength },
      { name: 'proportional to the shortest', points: proportional },
    ];
    const labels = { x: 'length of the video, s', y: 'CPU-s of a job after its start' };
    await writeFile(values.svg, lineChart('A frame every 2 s', labels, lines));
    print(`plot: ${values.svg}`);
  }
}

/** One row: `slots` jobs side by side, each in its own process. Returns the CPU seconds of one job. */
async function measureOne(video: string, seconds: number, interval: number, slots: number): Promise<number> {
  const started = performance.now();
  const jobs = Array.from({ length: slots }, () => runJob(video, ['--interval', String(interval)]));
  const costs = await Promise.all(jobs);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const cpuSeconds = mean(costs.map(totalCpuSeconds));
  const cells = [
    seconds,
    interval,
    slots,
    costs[0]?.frames,
    cpuSeconds.toFixed(2),
    mean(costs.map((cost) => cost.decoderCpuSeconds)).toFixed(2),
    ((performance.now() - started) / 1000).toFixed(1),
    Math.max(...costs.map((cost) => cost.peakRssMebibytes)),
  ];
  print(`| ${cells.join(' | ')} |`);
  return cpuSeconds;
}

/** The original, repeated and cut to a length without encoding. */
async function videoOf(seconds: number, original: string, cache: string, ffmpeg: string): Promise<string> {
  const file = join(cache, `scale-${seconds}.mp4`);
  const loop = [
    '-stream_loop',
    '-1',
    '-i',
    original,
    '-t',
    String(seconds),
    '-map',
    '0:v',
    '-c',
    'copy',
    file,
  ];
  await run(ffmpeg, ['-nostdin', '-v', 'error', '-y', ...loop]);
  return file;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
