/** `npm run bench -- calibrate`: measures the constants of the cost model (src/media/decode-cost.ts) on this machine. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { parseArguments } from '../src/command-line.ts';
import { decodeCostMs } from '../src/media/decode-cost.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import { probeVideo } from '../src/media/probe.ts';
import { DEFAULT_VIDEO_LIMITS } from '../src/media/video-limits.ts';
import { BENCH_CACHE, calibrationVideos } from './bench-videos.ts';
import { cpuTime } from './cpu-time.ts';
import { fitPrices, type Load } from './decode-prices.ts';

const run = promisify(execFile);
const never = new AbortController().signal;

/** The least of so many rounds counts: whatever else the machine does only adds to them. */
const ROUNDS = 3;
/** Files with fewer are decoded again and again, since CPU time comes in hundredths of a second. */
const LEAST_MEGAPIXELS = 500;
const MOST_LOOPS = 100;
/** What takes less tells nothing. */
const LEAST_MS = 100;

/** ffmpeg's input options for a picture made on the spot: nothing but its start costs anything. */
const NO_VIDEO = ['-f', 'lavfi', '-i', 'color=s=16x16', '-frames:v', '1'];

/** Something to decode. */
interface Decoding {
  readonly name: string;
  readonly codec: string;
  /** ffmpeg's options. */
  readonly input: readonly string[];
  readonly megapixels: number;
  readonly megabytes: number;
  /** By the model as it is. */
  readonly modelMs: number;
}

/**
 * Decodes every video once completely and once its keyframes only: small and large packets of the same pictures tell the cost of a
 * pixel from the cost of a byte.
 * @param args the command line after `calibrate`: --videos DIR (instead of drawn ones), --cache DIR
 * @throws WorkerError VIDEO_* for a video that cannot be decoded
 */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: {
      videos: { type: 'string' },
      cache: { type: 'string', default: BENCH_CACHE },
    },
  });
  const ffmpeg = findFfmpeg(process.env);
  const folder = await mkdtemp(join(tmpdir(), 'calibrate-'));
  try {
    const decodings: Decoding[] = [];
    for (const video of await calibrationVideos(values.videos, values.cache, ffmpeg)) {
      const everything = await describe(ffmpeg, video, `${basename(video)}, everything`);
      const copy = join(folder, `${decodings.length}.mkv`);
      await copyKeyframes(ffmpeg, video, copy);
      const keyframes = await describe(ffmpeg, copy, `${basename(video)}, keyframes`);
      if (everything !== null && keyframes !== null) decodings.push(everything, keyframes);
    }
    const inputs = [NO_VIDEO, ...decodings.map(({ input }) => input)];
    const [startMs = Number.NaN, ...decoderMs] = await leastCpuMs(ffmpeg, inputs);
    print(`DECODER_START_MS: ${startMs.toFixed(0)} (without reading a file's header)`);
    report(
      decodings,
      decoderMs.map((ms) => ms - startMs),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Null where the file's packets are not known. */
async function describe(ffmpeg: string, file: string, name: string): Promise<Decoding | null> {
  const video = await probeVideo(file, { ffmpeg, limits: DEFAULT_VIDEO_LIMITS }, never);
  const { packets, width, height, codec } = video;
  if (packets === null) return null;
  const pictures = packets.bytes.length;
  const bytes = packets.bytes.reduce((sum, size) => sum + size, 0);
  const megapixels = (pictures * width * height) / 1e6;
  const loops = Math.min(MOST_LOOPS, Math.ceil(LEAST_MEGAPIXELS / megapixels));
  const repeated = ['-stream_loop', String(loops - 1), '-i', file, '-map', '0:V:0'];
  return {
    name,
    codec,
    input: ['-threads', '1', '-noautorotate', ...repeated],
    megapixels: loops * megapixels,
    megabytes: (loops * bytes) / 1e6,
    modelMs: loops * decodeCostMs(codec, pictures, width * height, bytes),
  };
}

/** Makes a file of the keyframes alone, for decoders that cannot pass over the others; with ffmpeg 5.0 or newer. */
async function copyKeyframes(ffmpeg: string, video: string, file: string): Promise<void> {
  const copy = ['-map', '0:V:0', '-c', 'copy', '-bsf:v', 'noise=drop=not(key)'];
  await run(ffmpeg, ['-nostdin', '-v', 'error', '-y', '-i', video, ...copy, file]);
}

/** CPU milliseconds of an ffmpeg that throws its pictures away, for each of the inputs; in turns, so that a busy minute falls on all alike. */
async function leastCpuMs(
  ffmpeg: string,
  inputs: ReadonlyArray<readonly string[]>,
): Promise<readonly number[]> {
  const least = inputs.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, input] of inputs.entries()) {
      const before = cpuTime().children;
      await run(ffmpeg, ['-nostdin', '-v', 'error', ...input, '-f', 'null', '-']);
      least[i] = Math.min(least[i] ?? 0, (cpuTime().children - before) * 1000);
    }
  }
  return least;
}

/** @param decoderMs what the decodings took, without the start of ffmpeg */
function report(decodings: readonly Decoding[], decoderMs: readonly number[]): void {
  const loadsOf = new Map<string, Load[]>();
  for (const [i, { name, codec, modelMs, megapixels, megabytes }] of decodings.entries()) {
    const cpuMs = decoderMs[i] ?? Number.NaN;
    print(`${name}: ${codec}, ${cpuMs.toFixed(0)} ms (model ${modelMs.toFixed(0)})`);
    const load = { megapixels, megabytes, cpuMs };
    if (cpuMs >= LEAST_MS) loadsOf.set(codec, [...(loadsOf.get(codec) ?? []), load]);
  }
  for (const [codec, loads] of loadsOf) print(lineOf(codec, loads));
}

/** The line of the model, and how far to trust it. */
function lineOf(codec: string, loads: readonly Load[]): string {
  const { prices, areToldApart, worstError } = fitPrices(loads);
  const { megapixelMs, megabyteMs } = prices;
  const pair = `{ megapixelMs: ${megapixelMs.toFixed(2)}, megabyteMs: ${megabyteMs.toFixed(0)} }`;
  const doubt = areToldApart ? '' : '; these videos do not tell the two prices apart';
  return `${codec}: ${pair}, of ${loads.length} decodings, ${(100 * worstError).toFixed(0)} % off at most${doubt}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
