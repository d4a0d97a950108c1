/** The front door of all benchmarks: `npm run bench -- KIND [options]`. Figures are printed, never asserted. */
import '../src/no-onnx-telemetry.ts';
import { toWorkerError } from '../src/errors.ts';

/** What every kind exports. `args` is the command line after the kind. */
interface Benchmark {
  readonly measure: (args: string[]) => Promise<void>;
}

const KINDS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  models: () => import('./models.ts'),
  'face-memory': () => import('./face-memory.ts'),
  'pose-memory': () => import('./pose-memory.ts'),
  tracking: () => import('./tracking.ts'),
  job: () => import('./job.ts'),
  calibrate: () => import('./calibrate.ts'),
  scale: () => import('./scale.ts'),
  profile: () => import('./profile.ts'),
  exactness: () => import('./exactness.ts'),
  hostile: () => import('./hostile.ts'),
};

const [kind = '', ...args] = process.argv.slice(2);
const load = KINDS[kind];
try {
  if (load === undefined) {
    process.stdout.write(`Usage: npm run -s bench -- ${Object.keys(KINDS).join('|')} [options]\n`);
    process.exitCode = kind === '' || kind === '--help' ? 0 : 2;
  } else {
    await (await load()).measure(args);
  }
} catch (error) {
  process.stderr.write(`${toWorkerError(error).message}\n`);
  process.exitCode = 2;
}
