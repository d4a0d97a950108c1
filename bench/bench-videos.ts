/** Makes the videos that are measured: the demo's drawn scene, grainy like a camera's, 1920 x 1080 at 30 pictures a second. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { renderScene } from '../demo/render-scene.ts';
import { DEMO_SCENE } from '../demo/scene.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';

const run = promisify(execFile);
const QUIET = ['-nostdin', '-v', 'error', '-y'];
/** With x264's own preset: a faster one makes streams that are cheaper to decode than those people have. */
const X264 = '-c:v libx264 -b:v 5M -maxrate 8M -bufsize 10M -pix_fmt yuv420p';

/** Name of the file and how it is encoded. */
type Encoding = readonly [file: string, encoding: string];

const ENCODINGS: readonly Encoding[] = [
  ['x264-keyframe-every-2s.mp4', `${X264} -g 60 -keyint_min 60 -sc_threshold 0`],
  ['x264-defaults.mp4', X264],
  ['hevc.mp4', '-c:v libx265 -preset ultrafast -b:v 3M -x265-params log-level=none -tag:v hvc1'],
  ['vp9.webm', '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 3M'],
];
/** The first of them again and again, without encoding. */
const LONG = { file: 'x264-keyframe-every-2s-300s.mp4', loops: 4 };
const SECONDS = 60;

/** VP8 at a fixed speed, told by the minus: else it takes what the machine can do just then. */
const VP8 = '-c:v libvpx -deadline realtime -cpu-used -8 -g 60';

/**
 * Further codecs, only to tell what decoding them costs: VP8 at two rates, because its keyframes have hardly more bytes than its other
 * pictures, and AV1 with a preset that leaves no filter out.
 */
const FOR_CALIBRATION: readonly Encoding[] = [
  ['vp8-3m.webm', `${VP8} -b:v 3M`],
  ['vp8-6m.webm', `${VP8} -b:v 6M`],
  ['av1.mp4', '-c:v libsvtav1 -preset 8 -g 60 -b:v 3M'],
];
const CALIBRATION_SECONDS = 10;

/**
 * With this much grain the drawing needs the bits a second that films with people get. Of a drawing with a keyframe every 2 s x264 makes 73 %
 * B-pictures, the ones that need not be decoded, where it places keyframes itself 52 %; of films 69 and 70 %. More grain leaves fewer.
 */
const GRAIN = 'noise=alls=2:allf=t';

/** Where drawn videos are kept between runs. */
export const BENCH_CACHE = join(tmpdir(), 'clipping-bench');

/** The given video, or the first of the drawn ones. */
export async function benchVideo(file: string | undefined, cache: string): Promise<string> {
  return file ?? (await benchVideos(undefined, cache, findFfmpeg(process.env)))[0] ?? '';
}

/** All files of a folder, or, without one, the drawn videos, made where they are missing. Paths, in a fixed order. */
export async function benchVideos(
  folder: string | undefined,
  cache: string,
  ffmpeg: string,
): Promise<string[]> {
  if (folder !== undefined) return videosOf(folder);
  const files = await draw(ENCODINGS, SECONDS, cache, ffmpeg);
  const [short = ''] = files;
  const long = join(cache, LONG.file);
  const loop = ['-stream_loop', String(LONG.loops), '-i', short, '-c', 'copy'];
  await make(long, (file) => run(ffmpeg, [...QUIET, ...loop, file]));
  return [...files, long];
}

/** The same with a video in every codec that the cost model knows, and without the long one. */
export async function calibrationVideos(
  folder: string | undefined,
  cache: string,
  ffmpeg: string,
): Promise<string[]> {
  if (folder !== undefined) return videosOf(folder);
  const files = await draw(ENCODINGS, SECONDS, cache, ffmpeg);
  return [...files, ...(await draw(FOR_CALIBRATION, CALIBRATION_SECONDS, cache, ffmpeg))];
}

async function videosOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const videos = entries.filter(({ name }) => /\.(mp4|mov|mkv|webm|ts)$/.test(name));
  return videos.map(({ name }) => join(folder, name)).sort((a, b) => a.localeCompare(b));
}

async function draw(
  encodings: readonly Encoding[],
  seconds: number,
  cache: string,
  ffmpeg: string,
): Promise<string[]> {
  await mkdir(cache, { recursive: true });
  const film = join(cache, 'film.mp4');
  await make(film, (file) => renderScene(DEMO_SCENE, file, ffmpeg));
  const grain = `scale=1920:1080,fps=30,${GRAIN},format=yuv420p`;
  const source = ['-stream_loop', '9', '-i', film, '-t', String(seconds), '-vf', grain];
  const files: string[] = [];
  for (const [name, encoding] of encodings) {
    files.push(join(cache, name));
    await make(join(cache, name), (file) => run(ffmpeg, [...QUIET, ...source, ...encoding.split(' '), file]));
  }
  return files;
}

/** Makes a file under another name first, so that one that is there is whole. */
async function make(file: string, write: (unfinished: string) => Promise<unknown>): Promise<void> {
  if (existsSync(file)) return;
  process.stderr.write(`making ${file}, once (some minutes)\n`);
  const unfinished = file.replace(/(\.\w+)$/, '.unfinished$1');
  await write(unfinished);
  await rename(unfinished, file);
}
