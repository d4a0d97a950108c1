/** The front door of all evaluations: `npm run eval -- KIND ... [options]`. Each kind is a module with its own options. */
import '../src/no-onnx-telemetry.ts';
import { toWorkerError } from '../src/errors.ts';

/** What every kind exports. `args` is the command line after the kind. */
interface Evaluation {
  readonly evaluate: (args: string[]) => Promise<void>;
}

const USAGE = `Usage: npm run -s eval -- faces|poses|tracking DIR [options]
                          pose-parity FILE... [options]
                          face-agreement VIDEO... --reference NAME|FILE [options]
KIND --help tells more
`;

const KINDS: Readonly<Record<string, () => Promise<Evaluation>>> = {
  faces: () => import('./faces.ts'),
  poses: () => import('./poses.ts'),
  'pose-parity': () => import('./pose-parity.ts'),
  tracking: () => import('./tracking.ts'),
  'face-agreement': () => import('./face-agreement.ts'),
};

const [kind = '', ...args] = process.argv.slice(2);
const load = KINDS[kind];
try {
  if (load === undefined) {
    process.stdout.write(USAGE);
    process.exitCode = kind === '' || kind === '--help' ? 0 : 2;
  } else {
    await (await load()).evaluate(args);
  }
} catch (error) {
  process.stderr.write(`${toWorkerError(error).message}\n`);
  process.exitCode = 2;
}
