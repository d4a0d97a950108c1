/** `npm run bench -- exactness`: whether every plan gives the very pictures a complete decode gives, over generated and given videos. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArguments } from '../src/command-line.ts';
import { WorkerError } from '../src/errors.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import { type FrameRequest, readFrames } from '../src/media/frame-reader.ts';
import { probeVideo } from '../src/media/probe.ts';
import { DEFAULT_VIDEO_LIMITS } from '../src/media/video-limits.ts';
import { positiveInteger } from '../tools/number-options.ts';
import { makeVariant, type Variant, variants } from './exactness-variants.ts';

const limits = DEFAULT_VIDEO_LIMITS;
const never = new AbortController().signal;
/** Off the pictures' grid, and on it. */
const INTERVALS_MS = [730, 2000];
/** Ways to decode, each held against one thread that decodes everything. */
const WAYS = [
  { plan: 'auto', decoderThreads: 1 },
  { plan: 'sparse', decoderThreads: 1 },
  { plan: 'sparse', decoderThreads: 2 },
  { plan: 'all', decoderThreads: 2 },
] as const;

/**
 * @param args the command line after `exactness`: --videos DIR (with its folders, instead of generated ones), --count N [all], --ffmpeg FILE
 * (that decodes)
 */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: { videos: { type: 'string' }, count: { type: 'string' }, ffmpeg: { type: 'string' } },
  });
  const count = values.count === undefined ? Infinity : positiveInteger('--count', values.count);
  const ffmpeg = values.ffmpeg ?? findFfmpeg(process.env);
  const tally = { equal: 0, different: 0, refused: 0, plans: new Map<string, number>() };

  if (values.videos !== undefined) {
    const entries = await readdir(values.videos, { withFileTypes: true, recursive: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    for (const file of files.sort((a, b) => a.localeCompare(b)))
      await compare(file, relative(values.videos, file), ffmpeg, tally);
  } else {
    const folder = await mkdtemp(join(tmpdir(), 'exactness-'));
    const all = [...variants()];
    const step = all.length / Math.min(all.length, count);
    for (let i = 0; i < all.length; i += step)
      await compareVariant(all[Math.floor(i)], folder, ffmpeg, tally);
    await rm(folder, { recursive: true });
  }
  const plans = [...tally.plans].map(([plan, count]) => `${plan} ${count}`).join(', ');
  process.stdout.write(
    `${tally.equal} equal, ${tally.different} different, ${tally.refused} refused; plans: ${plans}\n`,
  );
  if (tally.different > 0) process.exitCode = 1;
}

interface Tally {
  equal: number;
  different: number;
  refused: number;
  readonly plans: Map<string, number>;
}

async function compareVariant(variant: Variant | undefined, folder: string, ffmpeg: string, tally: Tally) {
  if (variant === undefined) return;
  const file = join(folder, variant.file);
  makeVariant(variant, file, findFfmpeg(process.env));
  await compare(file, variant.name, ffmpeg, tally);
  await rm(file);
}

/** Samples the file in every way and compares pictures and times. */
async function compare(file: string, name: string, ffmpeg: string, tally: Tally): Promise<void> {
  try {
    const video = await probeVideo(file, { ffmpeg, limits }, never);
    for (const intervalMs of INTERVALS_MS) {
      const sampled = { file, video, intervalMs, ffmpeg, limits, maxSide: 320 };
      const all = await digest({ ...sampled, plan: 'all' });
      for (const way of WAYS) {
        const other = await digest({ ...sampled, ...way });
        tally.plans.set(other.plan, (tally.plans.get(other.plan) ?? 0) + 1);
        if (other.digest === all.digest) tally.equal++;
        else tally.different++;
        const verdict = other.digest === all.digest ? 'equal' : 'DIFFERENT';
        const how = `${other.plan}, ${way.decoderThreads === 1 ? 'one thread' : 'two threads'}`;
        process.stdout.write(`${verdict} ${name} every ${intervalMs} ms: ${how}: ${other.reason}\n`);
      }
    }
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    tally.refused++;
    process.stdout.write(`refused ${name}: ${error.code}: ${error.message}\n`);
  }
}

async function digest(request: FrameRequest): Promise<{ digest: string; plan: string; reason: string }> {
  const hash = createHash('sha256');
  let used = { plan: '', reason: '' };
  const onReport = (report: { plan: string; reason: string }) => {
    used = report;
  };
  for await (const { index, timestampMs, data } of readFrames({ ...request, onReport }, never)) {
    hash.update(`${index} ${timestampMs}`).update(data);
  }
  return { ...used, digest: hash.digest('hex') };
}
