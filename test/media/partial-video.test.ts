import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { expectArrivals, loseTheRest, markArrived } from '../../src/arrivals.ts';
import { type ByteRange, countBytes, gapsBetween, joinedRanges, overlaps } from '../../src/byte-ranges.ts';
import { WorkerError } from '../../src/errors.ts';
import { type DownloadPlan, planDownload } from '../../src/media/download-plan.ts';
import { readFrames } from '../../src/media/frame-reader.ts';
import { probeVideo } from '../../src/media/probe.ts';
import type { Sampling } from '../../src/media/sampling.ts';
import type { SamplingReport } from '../../src/media/sampling-report.ts';
import { DEFAULT_VIDEO_LIMITS as limits } from '../../src/media/video-limits.ts';
import { CLIP_KINDS, type ClipKind, canMake } from './clip-kinds.ts';
import { clipFolder, ffmpeg, runOwn } from './counted-clip.ts';

const never = new AbortController().signal;
const clips = clipFolder();
/** The last three follow each other without a gap: the ffmpeg of 2018 writes an MP4's edit too short otherwise. */
const FRAMES = 302;
const X264 = '-c:v libx264 -preset ultrafast -g 24 -sc_threshold 0 -bf 2';

const FASTSTART: ClipKind = {
  name: 'MP4 whose index comes first',
  file: 'faststart.mp4',
  encoding: `${X264} -movflags +faststart`,
};
const MATROSKA: ClipKind = { name: 'Matroska with sound', file: 'sound.mkv', encoding: X264 };
const SCENES = '-force_key_frames 0.5,1.2,3.1,3.5,4.3,6.1,7.7,9.1';
const IN_PARTS = [
  FASTSTART,
  { name: 'MP4 with scenes', file: 'scenes.mp4', encoding: `${X264} ${SCENES}` },
  { name: 'Matroska with scenes', file: 'scenes.mkv', encoding: `${X264} ${SCENES}` },
  ...CLIP_KINDS.filter(
    ({ file, name }) => /\.(mp4|mov|mkv|webm)$/.test(file) && !name.startsWith('fragmented'),
  ),
];
const WHOLE = CLIP_KINDS.filter((kind) => !IN_PARTS.includes(kind));

/** On keyframes, between them, and on the nearest of them. */
const SAMPLINGS: readonly Sampling[] = [
  { intervalMs: 3200, toleranceMs: 0 },
  { intervalMs: 2900, toleranceMs: 0 },
  { intervalMs: 2500, toleranceMs: 400 },
];

afterAll(clips.remove);

/** A grainy clip with sound: large enough that its holes are more than what one request brings anyway. */
function made({ file: name, frameRate = '30', keep = ['1', () => true], encoding }: ClipKind): string {
  const file = clips.path(name);
  const picture = `testsrc2=s=320x180:r=${frameRate},noise=alls=20:allf=t,select='${keep[0]}',format=yuv420p`;
  const sources = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', 'sine=frequency=440'];
  const length = ['-frames:v', String(FRAMES), '-shortest', '-vsync', 'passthrough'];
  runOwn([...sources, ...length, ...encoding.split(' '), file]);
  return file;
}

function digest(pixels: Uint8Array): string {
  return createHash('sha256').update(pixels).digest('hex');
}

/** What a download would fetch. */
async function planOf(file: string, sampling: Sampling): Promise<DownloadPlan | null> {
  const bytes = readFileSync(file);
  const read = async ({ start, end }: ByteRange) => bytes.subarray(start, end);
  return await planDownload(bytes.length, sampling, read, never);
}

/** The copy that it would make. */
function copied(file: string, { parts, fillers, windows }: DownloadPlan) {
  const bytes = readFileSync(file);
  const copy = file.replace(/(\.\w+)$/, '-partial$1');
  const descriptor = openSync(copy, 'w');
  ftruncateSync(descriptor, bytes.length);
  for (const { start, end } of parts) writeSync(descriptor, bytes, start, end - start, start);
  for (const { start, bytes: filler } of fillers) writeSync(descriptor, filler, 0, filler.length, start);
  closeSync(descriptor);
  const filled = fillers.map((filler) => ({ start: filler.start, end: filler.start + filler.bytes.length }));
  return { file: copy, parts: joinedRanges([...parts, ...filled]), windows };
}

interface Copy {
  readonly file: string;
  readonly parts?: readonly ByteRange[];
  readonly windows?: DownloadPlan['windows'];
  readonly firstSample?: number;
}

async function sample(copy: Copy, { intervalMs, toleranceMs }: Sampling) {
  const video = await probeVideo(copy.file, { ffmpeg, limits }, never);
  const reports: SamplingReport[] = [];
  const onReport = (report: SamplingReport) => reports.push({ ...report, decoderCpuMs: null });
  const frames: object[] = [];
  let sceneHintsMs: readonly number[] = [];
  const onSceneHints = (timesMs: readonly number[]) => {
    sceneHintsMs = timesMs;
  };
  const request = { ...copy, video, intervalMs, toleranceMs, ffmpeg, limits, onReport, onSceneHints };
  for await (const frame of readFrames(request, never)) {
    frames.push({ ...frame, data: digest(frame.data) });
  }
  const { packets: _, timeline, ...seen } = video;
  // A Matroska file's parts tell nothing of the packets between them.
  const isMatroska = /\.(mkv|webm)$/.test(copy.file);
  return { seen: isMatroska ? seen : { ...seen, timeline }, frames, reports, sceneHintsMs };
}

describe('a video of which only the planned parts were fetched', () => {
  for (const kind of IN_PARTS) {
    (canMake(kind) ? it : it.skip)(
      `gives the same pictures as the whole, or asks for it: ${kind.name}`,
      async () => {
        const file = made(kind);
        for (const sampling of kind === FASTSTART ? SAMPLINGS : SAMPLINGS.slice(1)) {
          const plan = await planOf(file, sampling);
          if (plan === null) throw new Error('nothing was planned');
          expect(countBytes(plan.parts)).toBeLessThanOrEqual(statSync(file).size);
          const whole = await sample({ file }, sampling);
          const result = await sample(copied(file, plan), sampling).catch((error: unknown) => error);
          // Some pictures only the whole can show: their plan fails there as it fails here.
          const isWholeNeeded = result instanceof WorkerError && whole.reports[0]?.plan === 'all';
          if (isWholeNeeded) expect(result.code).toBe('DECODER_FAILED');
          else expect(result).toEqual(whole);
        }
      },
    );
  }

  for (const kind of WHOLE) {
    (canMake(kind) ? it : it.skip)(`is not planned for: ${kind.name}`, async () => {
      expect(await planOf(made(kind), { intervalMs: 800, toleranceMs: 0 })).toBeNull();
    });
  }

  it.each([FASTSTART, MATROSKA])(
    'is half as large where keyframes are all that is needed: $name',
    async (kind) => {
      const file = made(kind);
      const { parts = [] } = (await planOf(file, { intervalMs: 2400, toleranceMs: 0 })) ?? {};
      expect(countBytes(parts)).toBeLessThan(0.6 * statSync(file).size);
    },
  );

  it.each([FASTSTART, MATROSKA])('can be gone on with from a later sample: $name', async (kind) => {
    const file = made(kind);
    const [, sampling = { intervalMs: 2900, toleranceMs: 0 }] = SAMPLINGS;
    const copy = copied(file, (await planOf(file, sampling)) as DownloadPlan);
    const { frames } = await sample({ ...copy, firstSample: 2 }, sampling);
    expect(frames).toEqual((await sample({ file, firstSample: 2 }, sampling)).frames);
    expect(frames).toMatchObject([{ index: 2 }, { index: 3 }]);
  });

  describe('is looked at while the rest is still to come', () => {
    const sampling = { intervalMs: 1600, toleranceMs: 0 };

    /** A copy that has its opening, and the frames of it as they come. */
    async function arriving() {
      const file = made(FASTSTART);
      const { parts, opening, ...plan } = (await planOf(file, sampling)) as DownloadPlan;
      const there = opening ?? [];
      const later = gapsBetween(there, statSync(file).size).flatMap((gap) => overlaps(gap, parts));
      expect(later.length).toBeGreaterThan(2);
      const copy = copied(file, { ...plan, opening, parts: there });
      const arrivals = expectArrivals(later);
      const video = await probeVideo(copy.file, { ffmpeg, limits }, never);
      const request = { ...copy, ...sampling, parts, arrivals, video, ffmpeg, limits };
      return { file, copy: copy.file, arrivals, frames: readFrames(request, never) };
    }

    it('and shows the same pictures, the first before the last part has come', async () => {
      const { file, copy, arrivals, frames } = await arriving();
      const pictures: string[] = [];
      const first = Promise.withResolvers<void>();
      const all = (async () => {
        for await (const { data } of frames) {
          pictures.push(digest(data));
          first.resolve();
        }
      })();
      const bytes = readFileSync(file);
      const descriptor = openSync(copy, 'r+');
      for (const part of arrivals.parts) {
        if (part === arrivals.parts.at(-1)) await first.promise;
        writeSync(descriptor, bytes, part.start, part.end - part.start, part.start);
        markArrived(arrivals, part);
      }
      closeSync(descriptor);
      await all;
      const whole = await sample({ file }, sampling);
      expect(pictures).toEqual(whole.frames.map((frame) => (frame as { data: string }).data));
    });

    it('and asks for the rest when it does not come', async () => {
      const { arrivals, frames } = await arriving();
      const all = (async () => {
        for await (const _ of frames);
      })();
      loseTheRest(arrivals);
      await expect(all).rejects.toMatchObject({ code: 'DECODER_FAILED' });
    });
  });

  it.each([FASTSTART, MATROSKA])(
    'says that the rest is needed rather than showing a hole: $name',
    async (kind) => {
      const file = made(kind);
      const sampling = { intervalMs: 3200, toleranceMs: 0 };
      const copy = copied(file, (await planOf(file, sampling)) as DownloadPlan);
      expect(copy.parts.length).toBeGreaterThan(2);
      // Of the last picture, in the last part, only its length is looked at.
      for (const missing of copy.parts.slice(1, -1)) {
        const parts = copy.parts.filter((part) => part !== missing);
        await expect(sample({ ...copy, parts }, sampling)).rejects.toMatchObject({ code: 'DECODER_FAILED' });
      }
    },
  );

  it.each([FASTSTART, MATROSKA])(
    'says so, too, when another plan is made for it later: $name',
    async (kind) => {
      const file = made(kind);
      const copy = copied(file, (await planOf(file, { intervalMs: 3200, toleranceMs: 0 })) as DownloadPlan);
      for (const intervalMs of [1300, 40]) {
        const other = sample(copy, { intervalMs, toleranceMs: 0 });
        await expect(other).rejects.toMatchObject({ code: 'DECODER_FAILED' });
      }
    },
  );
});
