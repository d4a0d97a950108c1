/** `npm run bench -- calibrate`: measures the constants of the cost model (src/media/decode-cost.ts) on this machine. */
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { parseArguments } from '../src/command-line.ts';
import { decodeCostMs } from '../src/media/decode-cost.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import { probeVideo } from '../src/media/probe.ts';
import { DEFAULT_VIDEO_LIMITS } from '../src/media/video-limits.ts';
import { BENCH_CACHE, benchVideos } from './bench-videos.ts';
import { cpuTime } from './cpu-time.ts';

const run = promisify(execFile);
const never = new AbortController().signal;

/** What a decoder was given, and its CPU time without the start. */
interface Load {
  readonly megapixels: number;
  readonly megabytes: number;
  readonly cpuMs: number;
}

/**
 * Decodes every video once completely and once its keyframes only: small and large packets of the same pictures tell the cost of a
 * pixel from the cost of a byte.
 * @param args the command line after `calibrate`: --videos DIR (instead of drawn ones), --cache DIR
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
  const startMs = await cpuMs(ffmpeg, ['-f', 'lavfi', '-i', 'color=s=16x16', '-frames:v', '1']);
  process.stdout.write(`DECODER_START_MS: ${startMs.toFixed(0)} (without reading a file's header)\n`);
  for (const video of await benchVideos(values.videos, values.cache, ffmpeg)) {
    const { packets, width, height, codec } = await probeVideo(
      video,
      { ffmpeg, limits: DEFAULT_VIDEO_LIMITS },
      never,
    );
    if (packets === null) continue;
    const load = async (keyframesOnly: boolean): Promise<Load> => {
      const chosen = packets.bytes.filter((_, packet) => !keyframesOnly || packets.keys[packet] === 1);
      const skip = keyframesOnly ? ['-skip_frame', 'nokey'] : [];
      const decoderMs = await cpuMs(ffmpeg, ['-threads', '1', ...skip, '-i', video]);
      return {
        megapixels: (chosen.length * width * height) / 1e6,
        megabytes: chosen.reduce((sum, size) => sum + size, 0) / 1e6,
        cpuMs: decoderMs - startMs,
      };
    };
    const [all, keyframes] = [await load(false), await load(true)];
    const pictures = packets.bytes.length;
    const modelMs = decodeCostMs(codec, pictures, width * height, all.megabytes * 1e6);
    process.stdout.write(
      `${basename(video)}: ${codec}: ${pricesOf(all, keyframes)}; ` +
        `everything ${all.cpuMs.toFixed(0)} ms (model ${modelMs.toFixed(0)}), keyframes ${keyframes.cpuMs.toFixed(0)} ms\n`,
    );
  }
}

/** The two prices in words; some decoders cannot leave pictures out, which leaves only their sum known. */
function pricesOf(all: Load, keyframes: Load): string {
  if (keyframes.cpuMs > all.cpuMs / 2)
    return `${(all.cpuMs / all.megapixels).toFixed(2)} ms a megapixel in all`;
  const { megapixelMs, megabyteMs } = solve(all, keyframes);
  return `{ megapixelMs: ${megapixelMs.toFixed(2)}, megabyteMs: ${megabyteMs.toFixed(0)} }`;
}

/** The two prices at which both loads cost what they did. */
function solve(a: Load, b: Load): { megapixelMs: number; megabyteMs: number } {
  const determinant = a.megapixels * b.megabytes - b.megapixels * a.megabytes;
  return {
    megapixelMs: (a.cpuMs * b.megabytes - b.cpuMs * a.megabytes) / determinant,
    megabyteMs: (a.megapixels * b.cpuMs - b.megapixels * a.cpuMs) / determinant,
  };
}

/** CPU milliseconds of an ffmpeg that throws its pictures away. */
async function cpuMs(ffmpeg: string, input: readonly string[]): Promise<number> {
  const before = cpuTime().children;
  await run(ffmpeg, ['-nostdin', '-v', 'error', ...input, '-an', '-f', 'null', '-']);
  return (cpuTime().children - before) * 1000;
}
