/** Runs ffmpeg as a confined child. */
import { access, constants as fileModes } from 'node:fs/promises';
import { resolve } from 'node:path';
import { WorkerError } from '../errors.ts';
import {
  type ConfinedCommand,
  type ConfinedProcess,
  type ProcessExit,
  startConfined,
} from './confined-process.ts';

export interface FfmpegCommand extends Omit<ConfinedCommand, 'program'> {
  /** Path of the ffmpeg program. */
  readonly ffmpeg: string;
}

/**
 * Starts ffmpeg as `startConfined` does.
 * @throws the signal's reason when it is aborted already; WorkerError FFMPEG_MISSING or DECODER_FAILED when the program cannot be started,
 * DISK_FULL when its folder cannot be made
 */
export async function startFfmpeg(
  { ffmpeg, ...command }: FfmpegCommand,
  signal: AbortSignal,
): Promise<ConfinedProcess> {
  signal.throwIfAborted();
  await refuseAbsent(ffmpeg);
  return await startConfined({ ...command, program: resolve(ffmpeg) }, signal);
}

/** Runs ffmpeg to its end while `onStdoutChunk` takes what it writes; an error thrown there ends it. Rejects with the signal's reason when it aborts. */
export async function runFfmpeg(
  command: FfmpegCommand,
  onStdoutChunk: (chunk: Uint8Array) => void,
  signal: AbortSignal,
): Promise<ProcessExit> {
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
