/** The front door of all benchmarks: `npm run bench -- [KIND] [options]`, the cost of a job without a kind. Figures are printed, never asserted. */
import '../src/no-onnx-telemetry.ts';
import { toWorkerError } from '../src/errors.ts';

/** What every kind exports. `args` is the command line after the kind. */
interface Benchmark {
  readonly measure: (args: string[]) => Promise<void>;
}

const KINDS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  models: () => import('./models.ts'),
  memory: () => import('./memory.ts'),
  tracking: () => import('./tracking.ts'),
  job: () => import('./job.ts'),
  download: () => import('./download.ts'),
  calibrate: () => import('./calibrate.ts'),
  scale: () => import('./scale.ts'),
  length: () => import('./length.ts'),
  threads: () => import('./threads.ts'),
  profile: () => import('./profile.ts'),
  exactness: () => import('./exactness.ts'),
  hostile: () => import('./hostile.ts'),
};

const words = process.argv.slice(2);
const [kind = 'job', ...args] =
  words[0]?.startsWith('--') && words[0] !== '--help' ? ['job', ...words] : words;
const load = KINDS[kind];
try {
  if (load === undefined) {
    process.stdout.write(`Usage: npm run -s bench -- [${Object.keys(KINDS).join('|')}] [options]\n`);
    process.exitCode = kind === '--help' ? 0 : 2;
  } else {
    await (await load()).measure(args);
  }
} catch (error) {
  process.stderr.write(`${toWorkerError(error).message}\n`);
  process.exitCode = 2;
}
