/** The frame of every command line: its arguments are understood or refused, and what goes wrong ends in one line on stderr and exit code 2. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { toWorkerError, WorkerError } from './errors.ts';
import { fileIdentity } from './stat-or-null.ts';

/** Runs a program to its end. A reader that has seen enough, as `head` does, is no failure: the work goes on, unseen. */
export async function runProgram(main: () => Promise<void>): Promise<void> {
  let failed = false;
  // A stream's error may also reject the write that met it; it is told once.
  const failOnce = (error: unknown) => {
    if (failed || isClosedPipe(error)) return;
    failed = true;
    fail(error);
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', failOnce);
  try {
    await main();
  } catch (error) {
    failOnce(error);
  }
}

/** As node:util's parseArgs. @throws WorkerError CONFIG_INVALID */
export function parseArguments<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (cause) {
    throw usage((cause as Error).message, cause);
  }
}

/** The error of a command line that cannot be understood. */
export function usage(problem: string, cause?: unknown): WorkerError {
  return new WorkerError('CONFIG_INVALID', `${problem} (see --help)`, { cause });
}

/** A result written over its own input would be all that is left of it. @throws WorkerError CONFIG_INVALID */
export async function refuseToOverwrite(input: string, out: string): Promise<void> {
  const [read, written] = await Promise.all([fileIdentity(input), fileIdentity(out)]);
  if (read !== null && read === written) throw usage('--out is the file that is read: name another');
}

/**
 * Says in one line what went wrong; the process will end with exit code 2.
 * @param about which of several things it went wrong with
 */
export function fail(error: unknown, about?: string): void {
  const { code, message } = toWorkerError(error);
  const prefix = about === undefined ? '' : `${about}: `;
  process.stderr.write(`${prefix}${code}: ${inOneLine(message)}\n`);
  process.exitCode = 2;
}

/** Lines become sentences after one another, or items of a list. */
function inOneLine(message: string): string {
  return message
    .trim()
    .replaceAll(/([.:;,?!]?)\s*\n\s*/g, (_, end: string) => (end === '' ? '; ' : `${end} `));
}

function isClosedPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'EPIPE';
}
