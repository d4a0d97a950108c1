/** The front door of all benchmarks: `npm run bench -- [KIND] [options]`, the cost of a job without a kind. Figures are printed, never asserted. */
import '../src/no-onnx-telemetry.ts';
import { usage } from '../src/command-line.ts';

interface Kind {
  /** What is measured. */
  readonly about: string;
  readonly options: string;
  /** `measure` gets the command line after the kind. */
  readonly load: () => Promise<{ readonly measure: (args: string[]) => Promise<void> }>;
}

const VIDEOS = '--videos DIR [drawn ones] --cache DIR';
const VIDEO = '--video FILE [a drawn one] --cache DIR';

const KINDS: Readonly<Record<string, Kind>> = {
  job: {
    about:
      'CPU time and time of a whole job, by stage, its memory and bytes fetched, beside ffmpeg decoding everything (the default)',
    options: `${VIDEOS} --runs N [3] --interval SECONDS [2] --ffmpeg FILE [of the jobs alone; the one found]`,
    load: () => import('./job.ts'),
  },
  profile: {
    about: 'where the time of a job goes, by room of the code and by function',
    options: `${VIDEO} --interval SECONDS [2]`,
    load: () => import('./profile.ts'),
  },
  scale: {
    about: 'how the cost grows with length, interval and jobs side by side; a table and a plot',
    options: `${VIDEO} --seconds LIST --intervals LIST --slots LIST --svg FILE [scale.svg]`,
    load: () => import('./scale.ts'),
  },
  threads: {
    about: 'memory and the main thread while jobs run in detection threads, as in the worker',
    options: `${VIDEO} --interval SECONDS [2] --jobs N [2]`,
    load: () => import('./threads.ts'),
  },
  worker: {
    about: 'memory of a whole worker process, queue and all, over many jobs',
    options: `${VIDEO} --interval SECONDS [2] --slots N [1] --jobs N [10] --at-once N [slots]`,
    load: () => import('./worker.ts'),
  },
  length: {
    about: 'time and memory of the tracking and the result of a video of many hours',
    options: '--hours N [6] --people N [3] --shot SECONDS [8]',
    load: () => import('./length.ts'),
  },
  memory: {
    about: 'whether looking at thousands of frames leaves memory where it was',
    options: '--engine faces|onnx|tasks-vision [faces] --frames N [2000]',
    load: () => import('./memory.ts'),
  },
  models: {
    about: 'latency of every network at every usual input size, with one thread and with two',
    options: '--model NAME|FILE [all that are here] --rounds N [20] --out FILE.json',
    load: () => import('./models.ts'),
  },
  tracking: {
    about: 'time of the tracker by the number of tracks and detections',
    options: 'no options',
    load: () => import('./tracking.ts'),
  },
  download: {
    about:
      'bytes that are fetched of a video, by seconds between its samples, and how soon its analysis begins',
    options: `${VIDEOS} --intervals LIST [10,2] --tolerance SECONDS [0] --mode auto|ranged [auto]`,
    load: () => import('./download.ts'),
  },
  exactness: {
    about: 'whether every sampling plan gives the pictures of decoding everything',
    options: '--videos DIR [456 generated files] --count N [all] --ffmpeg FILE',
    load: () => import('./exactness.ts'),
  },
  hostile: {
    about: 'whether damaged files end in a result or a clear error',
    options: '--files N [1000] --seed N [1]',
    load: () => import('./hostile.ts'),
  },
  calibrate: {
    about: 'the constants of the decoding cost model',
    options: VIDEOS,
    load: () => import('./calibrate.ts'),
  },
};

function help(names: readonly string[]): string {
  const lines = names.map((name) => `  ${name}\n    ${KINDS[name]?.about}\n    ${KINDS[name]?.options}`);
  return `Usage: npm run -s bench -- [KIND] [options]; defaults in brackets\n\n${lines.join('\n')}\n`;
}

const words = process.argv.slice(2);
const isHelp = words.includes('--help');
const named = words[0]?.startsWith('--') ? undefined : words[0];
try {
  const kind = Object.hasOwn(KINDS, named ?? 'job') ? KINDS[named ?? 'job'] : undefined;
  if (isHelp)
    process.stdout.write(help(named === undefined || kind === undefined ? Object.keys(KINDS) : [named]));
  else if (kind === undefined)
    throw usage(`there is no kind ${named}, only ${Object.keys(KINDS).join(', ')}`);
  else {
    const { measure } = await kind.load();
    await measure(named === undefined ? words : words.slice(1));
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
