/** Runs one ffmpeg child, confined and owned: whoever starts it can always end it, and it leaves nothing behind. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { access, constants as fileModes, rm } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { resolve } from 'node:path';
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

/** Becomes the program it is given. A stricter limit that stands already may not be raised, and stays. */
const LIMIT_AND_RUN = 'ulimit -v "$1" 2>/dev/null; shift; exec "$@"';

/** How a child ended. */
export interface FfmpegExit {
  /** Exit status; null when a signal ended it. */
  readonly code: number | null;
  readonly signalName: NodeJS.Signals | null;
  /** The last lines it wrote to stderr, oldest first. */
  readonly stderrTail: readonly string[];
}

/** A running child. */
export interface FfmpegProcess {
  /** Closed for reading unless the child was started with `stdin: 'pipe'`. */
  readonly stdin: Writable | null;
  /** Read it to its end, or `stop` the child: an unread pipe holds the child still. */
  readonly stdout: Readable;
  /** Settles, never rejects, when the child is gone and all it wrote to stderr was seen. */
  readonly exit: Promise<FfmpegExit>;
  /** Ends the child if it still lives (SIGTERM, then SIGKILL) and waits until it is gone. May be called more than once. */
  stop(): Promise<void>;
}

export interface FfmpegCommand {
  /** Path of the ffmpeg program. */
  readonly ffmpeg: string;
  /** Arguments; paths in them must be absolute, since the child works in an empty folder of its own. */
  readonly args: readonly string[];
  /** Files to lay into that folder before the start, by their bare names: for what is too long for an argument. */
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: 'pipe';
  /** Called for every line on stderr, as it comes. */
  readonly onStderrLine?: (line: string) => void;
}

/**
 * Starts ffmpeg in its own process group, at low priority, with limited memory (on Linux), without environment, in an empty private
 * folder that is removed when it ends. When the signal aborts the child is ended; the caller learns of it from its own `signal`.
 * @throws the signal's reason when it is aborted already; WorkerError FFMPEG_MISSING or DECODER_FAILED when the program cannot be started,
 * DISK_FULL when the folder cannot be made
 */
export async function startFfmpeg(
  { ffmpeg, args, files = {}, stdin, onStderrLine }: FfmpegCommand,
  signal: AbortSignal,
): Promise<FfmpegProcess> {
  signal.throwIfAborted();
  await refuseAbsent(ffmpeg);
  const folder = await makePrivateFolder(files);
  // A group of its own lets one signal reach whatever the child may start, and keeps a terminal's Ctrl-C from it.
  const options = { cwd: folder, env: {}, detached: true } as const;
  const [program, programArgs] = withLimitedMemory(ffmpeg, args);
  const child: ChildProcessByStdio<Writable | null, Readable, Readable> =
    stdin === 'pipe'
      ? spawn(program, programArgs, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
      : spawn(program, programArgs, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  // One that cannot be started, for want of file descriptors, may have no streams either.
  await whenStarted(child).catch(async (error: unknown) => {
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
  const exit = new Promise<FfmpegExit>((ended) => {
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

/** Runs ffmpeg to its end while `onStdoutChunk` takes what it writes; an error thrown there ends it. Rejects with the signal's reason when it aborts. */
export async function runFfmpeg(
  command: FfmpegCommand,
  onStdoutChunk: (chunk: Uint8Array) => void,
  signal: AbortSignal,
): Promise<FfmpegExit> {
  const child = await startFfmpeg(command, signal);
  try {
    for await (const chunk of child.stdout) onStdoutChunk(chunk as Buffer);
  } catch (error) {
    // An abort closes the pipe, which fails the reading: the reason to stop is the signal's, not the pipe's.
    signal.throwIfAborted();
    throw error;
  } finally {
    await child.stop();
  }
  signal.throwIfAborted();
  return child.exit;
}

/** The shell does not say why it could not start a program. */
async function refuseAbsent(ffmpeg: string): Promise<void> {
  await access(ffmpeg, fileModes.X_OK).catch((cause: unknown) => {
    const message = `ffmpeg cannot be started: ${ffmpeg} is not an executable file`;
    throw new WorkerError('FFMPEG_MISSING', message, { cause });
  });
}

/** Node cannot set limits of a child. The shell takes a millisecond; other systems than Linux have no such limit. */
function withLimitedMemory(ffmpeg: string, args: readonly string[]): [string, readonly string[]] {
  if (process.platform !== 'linux') return [ffmpeg, args];
  return ['/bin/sh', ['-c', LIMIT_AND_RUN, 'sh', String(MAX_ADDRESS_SPACE_KIB), resolve(ffmpeg), ...args]];
}

function whenStarted(child: ChildProcessByStdio<Writable | null, Readable, Readable>) {
  return new Promise<void>((started, reject) => {
    child.once('spawn', started);
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `ffmpeg cannot be started (${cause.code}): try again`;
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
