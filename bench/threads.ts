/** `npm run bench -- threads`: jobs side by side in detection threads, as the worker runs them: memory, and how free the main thread stays. */
import { tmpdir } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { parseArguments } from '../src/command-line.ts';
import { readAnalysisConfig } from '../src/config.ts';
import { engineOptions } from '../src/engine-options.ts';
import { DetectionPool } from '../src/pipeline/detection-pool.ts';
import { withTempFolder } from '../src/worker/temp-folder.ts';
import { positiveInteger, positiveNumber } from '../tools/number-options.ts';
import { BENCH_CACHE, benchVideo } from './bench-videos.ts';
import { residentMebibytes } from './resident-memory.ts';

const RESOLUTION_MS = 10;

/** @param args the command line after `threads`: --video FILE (a drawn one by default), --interval SECONDS [2], --jobs N [2], --cache DIR */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: {
      video: { type: 'string' },
      interval: { type: 'string', default: '2' },
      jobs: { type: 'string', default: '2' },
      cache: { type: 'string', default: BENCH_CACHE },
    },
  });
  const jobs = positiveInteger('--jobs', values.jobs);
  const interval = positiveNumber('--interval', values.interval);
  const file = await benchVideo(values.video, values.cache);
  const engines = engineOptions(readAnalysisConfig(process.env), process.env);
  const started = performance.now();
  const pool = new DetectionPool({ threads: jobs, engines });
  await pool.ready();
  const ready = performance.now();
  print(`ready after ${Math.round(ready - started)} ms, RSS ${residentMebibytes('VmRSS')} MiB`);

  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const mainBefore = process.threadCpuUsage();
  const allBefore = process.cpuUsage();
  const request = {
    file,
    frameIntervalSeconds: interval,
    detectFaces: true,
    detectPoses: true,
  };
  const { signal } = new AbortController();
  const analyses = await Promise.all(
    Array.from({ length: jobs }, (_, i) =>
      withTempFolder(tmpdir(), (folder) =>
        pool.analyse({ jobId: `bench-${i}`, folder, ...request }, () => {}, signal),
      ),
    ),
  );
  const wallMs = performance.now() - ready;
  const main = process.threadCpuUsage(mainBefore);
  const all = process.cpuUsage(allBefore);
  delay.disable();
  await pool.close();

  const [analysis] = analyses;
  const videoMs = analysis?.videoMs ?? Number.NaN;
  const mainShare = (main.user + main.system) / (all.user + all.system);
  // The histogram holds the whole time between two ticks of its timer, in nanoseconds.
  const lateMs = Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS);
  print(`${jobs} jobs of ${(videoMs / 1000).toFixed(0)} s, a frame every ${interval} s:`);
  print(
    `  ${(wallMs / 1000).toFixed(1)} s by the clock, ${((videoMs * jobs) / wallMs).toFixed(0)} times real time`,
  );
  print(`  peak RSS ${residentMebibytes('VmHWM')} MiB, without ffmpeg`);
  print(`  the main thread used ${(mainShare * 100).toFixed(1)} % of the process's CPU time`);
  print(`  event-loop delay of the main thread, 99th percentile: ${lateMs.toFixed(1)} ms`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
