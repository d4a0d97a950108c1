/** Reads the decoded pictures of a running ffmpeg, each with the time ffmpeg itself gives it, so that the two can never slip. */
import { WorkerError } from '../errors.ts';
import { explainFailure } from './ffmpeg-failure.ts';
import { type FfmpegCommand, startFfmpeg } from './ffmpeg-process.ts';
import type { PictureSize } from './picture-size.ts';
import { createShownPictureParser } from './shown-picture.ts';

/** A picture as it left ffmpeg. */
export interface DecodedPicture {
  readonly ptsTicks: number;
  /** rgb24, rows top to bottom. */
  readonly data: Uint8Array;
}

/**
 * Runs a command that writes raw rgb24 pictures of one size to stdout and ends its video filters with `showinfo`. At most one picture and
 * two pipes' worth of bytes wait in memory: when nobody asks for the next picture, ffmpeg waits too. Leaving the loop ends the child.
 * @returns normally at the end of the stream, however short: the caller knows which pictures it wanted
 * @throws WorkerError DECODER_FAILED when a signal that we did not send ended ffmpeg; the signal's reason when it aborts
 */
export async function* decodePictures(
  command: FfmpegCommand,
  { width, height }: PictureSize,
  signal: AbortSignal,
): AsyncGenerator<DecodedPicture, void> {
  const times = createTimeQueue();
  const parse = createShownPictureParser();
  const onStderrLine = (line: string) => {
    const picture = parse(line);
    if (picture !== null) times.push(picture.ptsTicks);
    command.onStderrLine?.(line);
  };
  const child = await startFfmpeg({ ...command, onStderrLine }, signal);
  void child.exit.then(() => times.close());
  try {
    for await (const data of picturesIn(child.stdout, width * height * 3)) {
      const ptsTicks = await times.shift();
      if (ptsTicks === null)
        throw new WorkerError('DECODER_FAILED', 'ffmpeg gave a picture without a time: it is tried again');
      yield { ptsTicks, data };
    }
    const exit = await child.exit;
    if (exit.signalName !== null) throw explainFailure(exit);
  } catch (error) {
    // An abort closes the pipe, which fails the reading: the reason to stop is the signal's, not the pipe's.
    signal.throwIfAborted();
    throw error;
  } finally {
    await child.stop();
  }
  signal.throwIfAborted();
}

/** Cuts a stream of bytes into pieces of `pictureBytes`; an incomplete last one is dropped. */
async function* picturesIn(
  stream: AsyncIterable<unknown>,
  pictureBytes: number,
): AsyncGenerator<Uint8Array, void> {
  let data = new Uint8Array(pictureBytes);
  let filled = 0;
  for await (const piece of stream) {
    let rest = piece as Uint8Array;
    while (rest.length > 0) {
      const part = rest.subarray(0, pictureBytes - filled);
      data.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
      if (filled < pictureBytes) continue;
      yield data;
      data = new Uint8Array(pictureBytes);
      filled = 0;
    }
  }
}

/** Times seen on stderr whose pictures have not come through stdout yet: the pipes are read independently, so either may be ahead. */
function createTimeQueue() {
  const times: number[] = [];
  let closed = false;
  let wake = () => {};
  return {
    push(ptsTicks: number) {
      times.push(ptsTicks);
      wake();
    },
    close() {
      closed = true;
      wake();
    },
    /** The next time; null when ffmpeg has ended without telling one. */
    async shift(): Promise<number | null> {
      while (times.length === 0 && !closed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return times.shift() ?? null;
    },
  };
}
