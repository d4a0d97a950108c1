/** `npm run bench -- hostile`: thousands of damaged videos, each to end in a clear error or a valid result, in bounded time and memory. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { parseArguments } from '../src/command-line.ts';
import { WorkerError } from '../src/errors.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import { readFrames } from '../src/media/frame-reader.ts';
import { PRIVATE_FOLDER_KIND } from '../src/media/private-folder.ts';
import { probeVideo } from '../src/media/probe.ts';
import { DEFAULT_VIDEO_LIMITS } from '../src/media/video-limits.ts';
import { processFolderPrefix } from '../src/process-folder.ts';
import { positiveInteger, zeroOrMore } from '../tools/number-options.ts';
import { makeVariant, variants } from './exactness-variants.ts';
import { flips, type HostileFile, noise, prefixes } from './hostile-files.ts';
import { residentMebibytes } from './resident-memory.ts';

/** Nothing that small may take longer. */
const DEADLINE_MS = 20_000;
/** Which of the generated videos are damaged: one of each container, several codecs. */
const ORIGINALS = ['h264 B3 mp4', 'h264 B3 fragmented', 'hevc mkv', 'h264 B0 ts', 'vp9 mkv', 'av1 mp4'];

/** @param args the command line after `hostile`: --files N [1000], --seed N [1] */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: { files: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
  });
  const wanted = positiveInteger('--files', values.files);
  const seed = zeroOrMore('--seed', values.seed);
  const ffmpeg = findFfmpeg(process.env);
  const folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  const perOriginal = Math.ceil(wanted / ORIGINALS.length);
  const outcomes = new Map<string, number>();
  let slowestMs = 0;
  let files = 0;
  for (const original of await originals(folder, ffmpeg)) {
    for (const hostile of damaged(original, perOriginal, seed)) {
      const file = join(folder, `hostile${extname(original.name)}`);
      await writeFile(file, hostile.bytes);
      const started = performance.now();
      // Every other file with a tolerance, and by two threads: it is looked at in more places.
      const outcome = await outcomeOf(file, files % 2 === 0 ? 0 : 400, ffmpeg);
      slowestMs = Math.max(slowestMs, performance.now() - started);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      files++;
      if (!/^(VIDEO_|result)/.test(outcome)) process.stdout.write(`${outcome}: ${hostile.name}\n`);
    }
  }
  await rm(folder, { recursive: true });
  const left = (await readdir(tmpdir())).filter((name) =>
    name.startsWith(processFolderPrefix(PRIVATE_FOLDER_KIND)),
  );
  for (const [outcome, count] of [...outcomes].sort(([a], [b]) => a.localeCompare(b)))
    process.stdout.write(`${count} ${outcome}\n`);
  const peakMebibytes = residentMebibytes('VmHWM');
  process.stdout.write(
    `${files} files, slowest ${Math.round(slowestMs)} ms, peak RSS of this process ${peakMebibytes} MiB, folders left behind ${left.length}\n`,
  );
}

async function originals(folder: string, ffmpeg: string): Promise<HostileFile[]> {
  const found: HostileFile[] = [];
  for (const name of ORIGINALS) {
    const variant = [...variants()].find((each) => each.name.startsWith(name) && each.change === 'none');
    if (variant === undefined) continue;
    const file = join(folder, `original-${variant.file}`);
    makeVariant(variant, file, ffmpeg);
    found.push({ name: `${variant.name} ${basename(file)}`, bytes: await readFile(file) });
  }
  return found;
}

function* damaged(original: HostileFile, count: number, seed: number): Generator<HostileFile, void> {
  const few = Math.ceil(count / 10);
  yield* prefixes(original, 2 * few);
  yield* noise(original, few, seed);
  yield* flips(original, count - 3 * few, seed);
}

/** An error code, or `result` when frames were delivered to the end. */
async function outcomeOf(file: string, toleranceMs: number, ffmpeg: string): Promise<string> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const limits = DEFAULT_VIDEO_LIMITS;
  try {
    const video = await probeVideo(file, { ffmpeg, limits }, signal);
    let frames = 0;
    const decoderThreads = toleranceMs === 0 ? 1 : 2;
    const sampling = { intervalMs: 1000, toleranceMs, maxSide: 160, decoderThreads };
    const request = { file, video, ...sampling, ffmpeg, limits };
    for await (const frame of readFrames(request, signal)) {
      frames = frame.index + 1;
    }
    return frames > 0 ? 'result' : 'NOTHING';
  } catch (error) {
    if (signal.aborted) return 'TIMEOUT';
    return error instanceof WorkerError ? error.code : `CRASH ${String(error)}`;
  }
}
