/** The error of a command line that cannot be understood, for the evaluations and the benches. */
import { WorkerError } from '../src/errors.ts';

export function usage(problem: string, cause?: unknown): WorkerError {
  return new WorkerError('CONFIG_INVALID', `${problem} (see --help)`, { cause });
}
