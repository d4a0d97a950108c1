/** `npm run bench -- profile`: where the time of a job goes, by room of the code and by function. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArguments } from '../src/command-line.ts';
import { positiveNumber } from '../tools/number-options.ts';
import { BENCH_CACHE, benchVideo } from './bench-videos.ts';
import { runJob } from './run-job.ts';

/** The parts of V8's .cpuprofile that are read (Chrome DevTools Protocol, Profiler.Profile). */
interface CpuProfile {
  readonly nodes: ReadonlyArray<{
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }>;
  /** The node that was running at each sample, and the microseconds since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** How many functions are listed. */
const LISTED_FUNCTIONS = 15;

/** @param args the command line after `profile`: --video FILE (a drawn one by default), --interval SECONDS [2], --cache DIR */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: {
      video: { type: 'string' },
      interval: { type: 'string', default: '2' },
      cache: { type: 'string', default: BENCH_CACHE },
    },
  });
  const interval = positiveNumber('--interval', values.interval);
  const video = await benchVideo(values.video, values.cache);
  const folder = await mkdtemp(join(tmpdir(), 'profile-'));
  try {
    const recording = ['--cpu-prof', `--cpu-prof-dir=${folder}`];
    const cost = await runJob(video, ['--interval', String(interval)], recording);
    print(
      `${cost.frames} frames: ${cost.ownCpuSeconds.toFixed(2)} CPU-s in this process, ${cost.decoderCpuSeconds.toFixed(2)} in ffmpeg (${cost.plan}); start ${cost.startMs} ms`,
    );
    const { probeMs, decodeMs, inferenceMs, trackingMs } = cost.durations;
    print(
      `clock: probe ${probeMs}, waiting for frames ${decodeMs}, inference ${inferenceMs}, tracking ${trackingMs} ms\n`,
    );
    for (const name of await readdir(folder)) {
      const profile = JSON.parse(await readFile(join(folder, name), 'utf8')) as CpuProfile;
      printShares(profile);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

function printShares({ nodes, samples, timeDeltas }: CpuProfile): void {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const rooms = new Map<string, number>();
  const functions = new Map<string, number>();
  for (const [sample, id] of samples.entries()) {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === '(idle)') continue;
    const spentMs = (timeDeltas[sample] ?? 0) / 1000;
    const room = roomOf(frame.url, frame.functionName);
    add(rooms, room, spentMs);
    add(functions, `${frame.functionName || '(anonymous)'} in ${room}`, spentMs);
  }
  print('| room | ms |\n|---|---|');
  for (const [room, ms] of largest(rooms)) print(`| ${room} | ${ms.toFixed(0)} |`);
  print('\n| function | ms |\n|---|---|');
  for (const [name, ms] of largest(functions).slice(0, LISTED_FUNCTIONS))
    print(`| ${name} | ${ms.toFixed(0)} |`);
}

/** `src/vision`, `node_modules/mediabunny`, Node's own modules, or what V8 puts in parentheses. */
function roomOf(url: string, functionName: string): string {
  if (functionName.startsWith('(')) return functionName;
  const own = /\/(src\/[^/]+)\//.exec(url)?.[1];
  const dependency = /\/(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  return dependency ?? own ?? (url.startsWith('node:') ? 'node' : url === '' ? 'native' : 'bench');
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

function largest(sums: ReadonlyMap<string, number>): Array<[string, number]> {
  return [...sums].sort(([, a], [, b]) => b - a);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
