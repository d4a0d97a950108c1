/** Makes clips whose every picture tells its own number as a bar code, so that a test can see which picture it was given. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RgbImage } from '../../src/geometry/rgb-image.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';

export const ffmpeg = findFfmpeg(process.env);

const BITS = 10;
const BIT_PIXELS = 16;
export const CLIP_WIDTH = BITS * BIT_PIXELS;
export const CLIP_HEIGHT = 96;

/** A folder for a test file's clips. */
export function clipFolder(): { path: (name: string) => string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'clips-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true }) };
}

/** Whether the ffmpeg at hand can encode with this encoder. */
export function hasEncoder(name: string): boolean {
  return listed('-encoders').some((line) => line.trim().split(/\s+/)[1] === name);
}

/** Whether it has this bitstream filter; the one of 2018 that stands in where none is installed lacks the younger ones. */
export function hasBitstreamFilter(name: string): boolean {
  return listed('-bsfs').some((line) => line.trim() === name);
}

function listed(option: string): string[] {
  const list = execFileSync(ffmpeg, ['-hide_banner', option], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return list.split('\n');
}

/** Runs ffmpeg on our own material; its stderr is in the error when it fails. */
export function runOwn(args: readonly string[]): void {
  execFileSync(ffmpeg, ['-nostdin', '-v', 'error', '-y', ...args], { stdio: 'pipe' });
}

/** Options of the clip's source: pictures a second, how many, and a `select` expression that thins them out. */
export interface CountedSource {
  readonly frameRate: number | string;
  readonly frames: number;
  /** ffmpeg expression over `n`; kept pictures keep their times, so the clip has a variable frame rate. */
  readonly keep?: string;
}

/** Encodes a clip of 160 x 96 pixels; picture n shows n in binary, lowest bit left, white for 1. */
export function makeCountedClip(
  file: string,
  { frameRate, frames, keep = '1' }: CountedSource,
  encoding: readonly string[],
): void {
  const bars = `geq=lum='if(mod(floor(N/pow(2,floor(X/${BIT_PIXELS}))),2),235,16)':cb=128:cr=128`;
  runOwn([
    '-f',
    'lavfi',
    '-i',
    `nullsrc=s=${CLIP_WIDTH}x${CLIP_HEIGHT}:r=${frameRate},${bars}`,
    '-frames:v',
    String(frames),
    '-vf',
    `trim=end_frame=${frames},select='${keep}',format=yuv420p`,
    '-vsync',
    'passthrough',
    ...encoding,
    file,
  ]);
}

/** The number a picture shows; `clockwiseTurns` is how often it stands a quarter turn clockwise from the clip as made. */
export function readNumber({ width, height, data }: RgbImage, clockwiseTurns = 0): number {
  let number = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const along = (bit + 0.5) / BITS;
    const [x, y] = [
      [along, 0.5],
      [0.5, along],
      [1 - along, 0.5],
      [0.5, 1 - along],
    ][clockwiseTurns] as [number, number];
    const grey = data[3 * (Math.floor(y * height) * width + Math.floor(x * width))] ?? 0;
    if (grey > 127) number += 2 ** bit;
  }
  return number;
}

/** Has the first table of times in an MP4 (ISO/IEC 14496-12, 8.6.1.2) count twenty million pictures in its first entry. */
export function claimManyPictures(file: string): void {
  const bytes = readFileSync(file);
  bytes.writeUInt32BE(20_000_000, bytes.indexOf('stts') + 12);
  writeFileSync(file, bytes);
}

/**
 * Has the first fragment of an MP4 (ISO/IEC 14496-12, 8.8.8) claim two hundred million pictures without a word on each: its flags say that
 * all are as the track's defaults tell.
 */
export function claimManyFragmentPictures(file: string): void {
  const bytes = readFileSync(file);
  const trun = bytes.indexOf('trun');
  bytes.writeUInt32BE(0x000001, trun + 4);
  bytes.writeUInt32BE(200_000_000, trun + 8);
  writeFileSync(file, bytes);
}
