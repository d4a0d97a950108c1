/** Decodes given pictures of a video, in order, and stops at the first that is not the one expected. */

import type { Writable } from 'node:stream';
import { type DecodeOptions, decodeCommand } from './decode-command.ts';
import { decodePictures } from './picture-stream.ts';
import type { Timeline } from './timeline.ts';

/** What all ways to decode a video share. */
export interface WantedPictureDecoder
  extends Pick<
    DecodeOptions,
    'ffmpeg' | 'dialect' | 'maxPixels' | 'threads' | 'pixelFormat' | 'colour' | 'size'
  > {
  /** Absolute path of the video. */
  readonly file: string;
  /** Listens to one more child: see `DecoderLog`. */
  readonly listen: () => (line: string) => void;
}

/** How one of them differs. */
export interface WantedPictures extends Pick<DecodeOptions, 'input' | 'wantedTicks' | 'rotationDegrees'> {
  /** What ffmpeg must say of the first picture; null to believe it. */
  readonly firstChecksum: string | null;
  readonly feed?: (stdin: Writable) => Promise<void>;
}

/**
 * The pixels of the wanted pictures (rgb24, `size`), one by one.
 * @returns normally when a picture is missing or another one comes: the caller counts
 */
export async function* decodeWanted(
  decoder: WantedPictureDecoder,
  wanted: WantedPictures,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { wantedTicks, firstChecksum } = wanted;
  const isFirstSummed = firstChecksum !== null;
  const command = {
    ...decodeCommand({ ...decoder, ...wanted, isFirstSummed }),
    onStderrLine: decoder.listen(),
  };
  let next = 0;
  for await (const picture of decodePictures(command, decoder.size, signal, wanted.feed)) {
    // Where clips were joined, another picture may have the time of one that was given: no player would show it.
    if (next > 0 && picture.ptsTicks <= (wantedTicks[next - 1] ?? 0)) continue;
    if (picture.ptsTicks !== wantedTicks[next]) return;
    if (next === 0 && isFirstSummed && (await picture.firstChecksum) !== firstChecksum) return;
    yield picture.data;
    next++;
    if (next === wantedTicks.length) return;
  }
}

/** The pictures at the given positions of the timeline, by decoding the whole file. */
export function decodeEverything(
  decoder: WantedPictureDecoder,
  timeline: Timeline,
  positions: Uint32Array,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const wantedTicks = Float64Array.from(positions, (position) => timeline.ptsTicks[position] ?? 0);
  const wanted = { input: decoder.file, wantedTicks, rotationDegrees: 0, firstChecksum: null };
  return decodeWanted(decoder, wanted, signal);
}
