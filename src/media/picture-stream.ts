/** Reads the decoded pictures of a running ffmpeg, each with the time ffmpeg itself gives it, so that the two can never slip. */

import type { Readable, Writable } from 'node:stream';
import { WorkerError } from '../errors.ts';
import type { Size } from '../geometry/box.ts';
import type { DecodeCommand } from './decode-command.ts';
import { explainFailure } from './ffmpeg-failure.ts';
import { startFfmpeg } from './ffmpeg-process.ts';
import { type Colour, createShownPictureParser, type ShownPicture } from './shown-picture.ts';
import { createRgbWriter, yuvBytes } from './yuv-to-rgb.ts';

/** A picture that ffmpeg decoded. */
export interface DecodedPicture {
  readonly ptsTicks: number;
  /** ffmpeg's checksum of the first picture where `showinfo` saw it; null when ffmpeg ends without telling it. */
  readonly firstChecksum: Promise<string | null>;
  /** rgb24, rows top to bottom; overwritten when the picture after the next one is asked for. */
  readonly data: Uint8Array;
}

/**
 * Runs a command that writes raw pictures of one size to stdout and passes each of them through a `showinfo` filter without checksums, and
 * the first, if its checksum is wanted, through another one with them. At most one picture and two pipes' worth of bytes wait in memory:
 * when nobody asks for the next picture, ffmpeg waits too. Leaving the loop ends the child.
 * @param feed writes the child's stdin, when the command has one; it settles, and does not reject, when the child closes it
 * @returns normally at the end of the stream, however short: the caller knows which pictures it wanted
 * @throws WorkerError DECODER_FAILED when a signal that we did not send ended ffmpeg; the signal's reason when it aborts
 */
export async function* decodePictures(
  command: DecodeCommand,
  size: Size,
  signal: AbortSignal,
  feed: (stdin: Writable) => Promise<void> = async () => {},
): AsyncGenerator<DecodedPicture, void> {
  const shown = createQueue<ShownPicture>();
  const first = Promise.withResolvers<string | null>();
  const parse = createShownPictureParser();
  const onStderrLine = (line: string) => {
    const picture = parse(line);
    if (picture !== null && picture.checksum === null) shown.push(picture);
    else if (picture !== null) first.resolve(picture.checksum);
    command.onStderrLine?.(line);
  };
  const child = await startFfmpeg({ ...command, onStderrLine }, signal);
  void child.exit.then(() => {
    shown.close();
    first.resolve(null);
  });
  const feeding = child.stdin === null ? Promise.resolve() : feed(child.stdin);
  try {
    for await (const data of picturesIn(child.stdout, size, command.yuv)) {
      const picture = await shown.shift();
      if (picture === null) {
        throw new WorkerError('DECODER_FAILED', 'ffmpeg gave a picture without a time: it is tried again');
      }
      yield { ptsTicks: picture.ptsTicks, firstChecksum: first.promise, data };
    }
    const exit = await child.exit;
    if (exit.signalName !== null) throw explainFailure(exit);
  } catch (error) {
    // An abort closes the pipe, which fails the reading: the reason to stop is the signal's, not the pipe's.
    signal.throwIfAborted();
    throw error;
  } finally {
    await child.stop();
    await feeding;
  }
  signal.throwIfAborted();
}

/**
 * The pictures of a stream of bytes, in RGB; an incomplete last one is dropped. Two buffers take turns, so that a picture can be compared
 * with the one before it: megabytes for each picture would make the garbage collector run for each.
 * @param yuv the colours of the stream's pictures; null where they are RGB
 */
async function* picturesIn(
  stream: Readable,
  size: Size,
  yuv: Colour | null,
): AsyncGenerator<Uint8Array, void> {
  const rgbBytes = size.width * size.height * 3;
  let rgb = new Uint8Array(rgbBytes);
  let other = new Uint8Array(rgbBytes);
  const received = yuv === null ? null : new Uint8Array(yuvBytes(size));
  const writeRgb = yuv === null ? null : createRgbWriter(size, yuv);
  let filled = 0;
  for await (const piece of chunksOf(stream)) {
    let rest: Uint8Array = piece;
    while (rest.length > 0) {
      const picture = received ?? rgb;
      const part = rest.subarray(0, picture.length - filled);
      picture.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
      if (filled < picture.length) continue;
      writeRgb?.(picture, rgb);
      yield rgb;
      [rgb, other] = [other, rgb];
      filled = 0;
    }
  }
}

/**
 * The chunks of a stream, each gone when the next one is asked for. They come one by one, since iterating over the stream would join them
 * into larger copies, and their memory is freed at once: as garbage it would bring a full collection every few pictures.
 */
async function* chunksOf(stream: Readable): AsyncGenerator<Uint8Array, void> {
  const chunks = createQueue<Buffer<ArrayBuffer>>();
  let failure: Error | null = null;
  stream.on('data', (chunk: Buffer<ArrayBuffer>) => {
    stream.pause();
    chunks.push(chunk);
  });
  stream.once('error', (error) => {
    failure = error;
  });
  stream.once('close', () => chunks.close());
  if (stream.destroyed) chunks.close();
  for (;;) {
    stream.resume();
    const chunk = await chunks.shift();
    if (chunk === null) break;
    yield chunk;
    // A chunk that shares its memory with others (Node's pool) must leave it alone.
    if (chunk.length === chunk.buffer.byteLength) chunk.buffer.transfer(0);
  }
  if (failure !== null) throw failure;
}

/** What has come and was not asked for yet: the two pipes are read independently, so either may be ahead. */
function createQueue<T>() {
  const items: T[] = [];
  let closed = false;
  let wake = () => {};
  return {
    push(item: T) {
      items.push(item);
      wake();
    },
    close() {
      closed = true;
      wake();
    },
    /** The next item; null when it will never come. */
    async shift(): Promise<T | null> {
      while (items.length === 0 && !closed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return items.shift() ?? null;
    },
  };
}
