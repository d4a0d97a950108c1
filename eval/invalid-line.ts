import { WorkerError } from '../src/errors.ts';

/** The error of a text file of truth of which one line, counted from 1, cannot be used. */
export function invalidLine(file: string, line: number, problem: string): WorkerError {
  return new WorkerError('CONFIG_INVALID', `${file}, line ${line}: ${problem}`);
}
