/** `npm run bench -- worker`: the memory of a whole worker process, with the settings of its image, over many jobs; an emulator plays AWS. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalAws, startLocalAws } from '../demo/local-aws.ts';
import { startWorkerProcess } from '../demo/worker-process.ts';
import { parseArguments } from '../src/command-line.ts';
import { positiveInteger, positiveNumber } from '../tools/number-options.ts';
import { BENCH_CACHE, benchVideo } from './bench-videos.ts';
import { residentMebibytes } from './resident-memory.ts';

const ROOT = join(import.meta.dirname, '..');
const VIDEO_KEY = 'videos/bench.mp4';
const POLL_MS = 200;

/** @param args the command line after `worker`: --video FILE (a drawn one by default), --interval SECONDS [2], --slots N [1], --jobs N [10], --at-once N [the slots], --cache DIR */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: {
      video: { type: 'string' },
      interval: { type: 'string', default: '2' },
      slots: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '10' },
      'at-once': { type: 'string' },
      cache: { type: 'string', default: BENCH_CACHE },
    },
  });
  const slots = positiveInteger('--slots', values.slots);
  const jobs = positiveInteger('--jobs', values.jobs);
  const atOnce = values['at-once'] === undefined ? slots : positiveInteger('--at-once', values['at-once']);
  const interval = positiveNumber('--interval', values.interval);
  const video = await readFile(await benchVideo(values.video, values.cache));
  const aws = await startLocalAws();
  try {
    await aws.upload(VIDEO_KEY, video);
    const started = performance.now();
    const worker = await startWorkerProcess({
      env: {
        ...aws.env,
        ...(await imageSettings()),
        NODE_COMPILE_CACHE: join(values.cache, 'compile-cache'),
        MAX_CONCURRENT_JOBS: String(slots),
      },
      onLogLine: () => {},
    });
    try {
      tell(`ready after ${Math.round(performance.now() - started)} ms`, worker.pid);
      for (let done = 0; done < jobs; ) {
        const round = Array.from({ length: Math.min(atOnce, jobs - done) }, (_, i) => `bench-${done + i}`);
        for (const job_id of round) {
          await aws.enqueue({ job_id, video_s3_key: VIDEO_KEY, frame_interval_seconds: interval });
        }
        await Promise.race([worker.exited, allDone(aws, round)]);
        done += round.length;
        tell(`${done} jobs done`, worker.pid);
      }
    } finally {
      await worker.stop();
    }
  } finally {
    await aws.stop();
  }
}

/** What the image sets for its allocators. */
async function imageSettings(): Promise<Record<string, string>> {
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const settings = dockerfile.matchAll(/\b(MALLOC_\w+|NODE_OPTIONS)=(\S+)/g);
  return Object.fromEntries(Array.from(settings, ([, name = '', value = '']) => [name, value]));
}

async function allDone(aws: LocalAws, jobIds: readonly string[]): Promise<void> {
  for (const jobId of jobIds) {
    for (;;) {
      const stored = await aws.resultOf(jobId).catch(() => null);
      if (stored?.result.status === 'failed') {
        throw new Error(`${stored.result.error.code}: ${stored.result.error.message}`);
      }
      if (stored !== null) break;
      await sleep(POLL_MS);
    }
  }
  while ((await aws.messagesLeft()) > 0) await sleep(POLL_MS);
}

function tell(step: string, pid: number): void {
  const [now, most] = [residentMebibytes('VmRSS', pid), residentMebibytes('VmHWM', pid)];
  process.stdout.write(`${step}: RSS ${now} MiB, at most ${most}\n`);
}
