/** Runs one child on a stranger's file, confined and owned: whoever starts it can always end it, and it leaves nothing behind. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { basename } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { WorkerError } from '../errors.ts';
import { createLineSplitter } from './line-splitter.ts';
import { makePrivateFolder } from './private-folder.ts';

/** How long a child may take to obey SIGTERM before it gets SIGKILL. */
const TERMINATION_GRACE_MS = 1000;
/** How many of the last lines on stderr are kept to explain a failure. */
const STDERR_TAIL_LINES = 20;

/**
 * Address space of a child, in KiB: 3 GiB. 8K video takes less than 0.8 (HEVC of 10 bits), and 1.5 where a machine has many cores; an index
 * of a few kilobytes may claim more than the machine has.
 */
const MAX_ADDRESS_SPACE_KIB = 3 * 1024 ** 2;

/** How a child ended. */
export interface ProcessExit {
  /** Exit status; null when a signal ended it. */
  readonly code: number | null;
  readonly signalName: NodeJS.Signals | null;
  /** The last lines it wrote to stderr, oldest first. */
  readonly stderrTail: readonly string[];
}

/** A running child. */
export interface ConfinedProcess {
  /** Closed for reading unless the child was started with `stdin: 'pipe'`. */
  readonly stdin: Writable | null;
  /** Read it to its end, or `stop` the child: an unread pipe holds the child still. */
  readonly stdout: Readable;
  /** Settles, never rejects, when the child is gone and all it wrote to stderr was seen. */
  readonly exit: Promise<ProcessExit>;
  /** Ends the child if it still lives (SIGTERM, then SIGKILL) and waits until it is gone. May be called more than once. */
  stop(): Promise<void>;
}

export interface ConfinedCommand {
  /** Absolute path of the program. */
  readonly program: string;
  /** Arguments; paths in them must be absolute, since the child works in an empty folder of its own. */
  readonly args: readonly string[];
  /** Files to lay into that folder before the start, by their bare names: for what is too long for an argument. */
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: 'pipe';
  /** Its whole environment; empty by default, since secrets are in ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** CPU time after which the kernel ends it, even where its parent is gone (on Linux); no limit without it. */
  readonly cpuSeconds?: number;
  /** Called for every line on stderr, as it comes. */
  readonly onStderrLine?: (line: string) => void;
}

/**
 * Starts the program in its own process group, at low priority, with limited memory (on Linux), without our environment, in an empty private
 * folder that is removed when it ends. When the signal aborts the child is ended; the caller learns of it from its own `signal`.
 * @throws the signal's reason when it is aborted already; WorkerError DECODER_FAILED when the program cannot be started, DISK_FULL when the
 * folder cannot be made
 */
export async function startConfined(
  { program, args, files = {}, stdin, env = {}, cpuSeconds, onStderrLine }: ConfinedCommand,
  signal: AbortSignal,
): Promise<ConfinedProcess> {
  signal.throwIfAborted();
  const folder = await makePrivateFolder(files);
  // A group of its own lets one signal reach whatever the child may start, and keeps a terminal's Ctrl-C from it.
  const options = { cwd: folder, env, detached: true } as const;
  const [executable, allArgs] = withLimits(program, args, cpuSeconds);
  const child: ChildProcessByStdio<Writable | null, Readable, Readable> =
    stdin === 'pipe'
      ? spawn(executable, allArgs, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
      : spawn(executable, allArgs, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  // One that cannot be started, for want of file descriptors, may have no streams either.
  await whenStarted(child, program).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });

  const stderrTail: string[] = [];
  const lines = createLineSplitter((line) => {
    stderrTail.push(line);
    if (stderrTail.length > STDERR_TAIL_LINES) stderrTail.shift();
    onStderrLine?.(line);
  });
  child.stderr.on('data', (chunk: Buffer) => lines.push(chunk));

  let killTimer: NodeJS.Timeout | undefined;
  const terminate = () => {
    // Closing our end wakes a child that waits for us to read.
    child.stdout.destroy();
    child.stdin?.destroy();
    if (killTimer !== undefined || child.exitCode !== null || child.signalCode !== null) return;
    killGroup(child.pid, 'SIGTERM');
    killTimer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), TERMINATION_GRACE_MS);
  };
  signal.addEventListener('abort', terminate, { once: true });

  // 'close' comes after 'exit' and after the pipes have ended, so no last word is lost.
  const exit = new Promise<ProcessExit>((ended) => {
    child.once('close', (code, signalName) => {
      clearTimeout(killTimer);
      signal.removeEventListener('abort', terminate);
      lines.end();
      const done = () => ended({ code, signalName, stderrTail });
      rm(folder, { recursive: true, force: true }).then(done, done);
    });
  });
  const stop = async () => {
    terminate();
    await exit;
  };

  lowerPriority(child.pid);
  volunteerForOutOfMemory(child.pid);
  if (signal.aborted) {
    await stop();
    signal.throwIfAborted();
  }
  return { stdin: child.stdin, stdout: child.stdout, exit, stop };
}

/**
 * Node cannot set limits of a child. The shell takes a millisecond; other systems than Linux have no such limits. A stricter one that
 * stands already may not be raised, and stays; a crash leaves no core file.
 */
function withLimits(
  program: string,
  args: readonly string[],
  cpuSeconds: number | undefined,
): [string, readonly string[]] {
  if (process.platform !== 'linux') return [program, args];
  const limits = ['-c 0', `-v ${MAX_ADDRESS_SPACE_KIB}`, ...(cpuSeconds ? [`-t ${cpuSeconds}`] : [])];
  const script = [...limits.map((limit) => `ulimit ${limit} 2>/dev/null`), 'exec "$@"'].join('; ');
  return ['/bin/sh', ['-c', script, 'sh', program, ...args]];
}

function whenStarted(child: ChildProcessByStdio<Writable | null, Readable, Readable>, program: string) {
  return new Promise<void>((started, reject) => {
    child.once('spawn', started);
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `${basename(program)} cannot be started (${cause.code}): try again`;
      reject(new WorkerError('DECODER_FAILED', message, { cause }));
    });
  });
}

function killGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // ESRCH: it is gone already, which is what was wanted.
  }
}

/** Where memory runs out, the kernel is to end the decoder of one video instead of the worker with all its jobs (proc(5)). */
function volunteerForOutOfMemory(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // It has ended already, or this is no Linux.
  }
}

function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system forbids it: priority is a courtesy, not a condition.
  }
}
