import { closeSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type ByteRange, countBytes, joinedRanges } from '../../src/byte-ranges.ts';
import { planDownload } from '../../src/media/download-plan.ts';
import type { Sampling } from '../../src/media/fetch-plan.ts';
import { readFrames } from '../../src/media/frame-reader.ts';
import { probeVideo } from '../../src/media/probe.ts';
import type { SamplingReport } from '../../src/media/sampling-report.ts';
import { DEFAULT_VIDEO_LIMITS as limits } from '../../src/media/video-limits.ts';
import { CLIP_KINDS, type ClipKind, canMake } from './clip-kinds.ts';
import { clipFolder, ffmpeg, runOwn } from './counted-clip.ts';

const never = new AbortController().signal;
const clips = clipFolder();
const FRAMES = 300;
const X264 = '-c:v libx264 -preset ultrafast -g 24 -sc_threshold 0 -bf 2';

const FASTSTART: ClipKind = {
  name: 'MP4 whose index comes first',
  file: 'faststart.mp4',
  encoding: `${X264} -movflags +faststart`,
};
const IN_PARTS = [
  FASTSTART,
  ...CLIP_KINDS.filter(({ file, name }) => /\.(mp4|mov)$/.test(file) && !name.startsWith('fragmented')),
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

/** What a download would fetch: the planned ranges, and all that was read to plan them. */
async function partsOf(file: string, sampling: Sampling): Promise<readonly ByteRange[] | null> {
  const bytes = readFileSync(file);
  const read: ByteRange[] = [];
  const onRead = async (range: ByteRange) => {
    read.push(range);
    return bytes.subarray(range.start, range.end);
  };
  const planned = await planDownload(bytes.length, sampling, onRead, never);
  return planned === null ? null : joinedRanges([...read, ...planned]);
}

function copyParts(file: string, parts: readonly ByteRange[]): string {
  const bytes = readFileSync(file);
  const copy = file.replace(/(\.\w+)$/, '-partial$1');
  const descriptor = openSync(copy, 'w');
  ftruncateSync(descriptor, bytes.length);
  for (const { start, end } of parts) writeSync(descriptor, bytes, start, end - start, start);
  closeSync(descriptor);
  return copy;
}

async function sample(
  file: string,
  { intervalMs, toleranceMs }: Sampling,
  parts: readonly ByteRange[] | null = null,
) {
  const video = await probeVideo(file, { ffmpeg, limits }, never);
  const reports: SamplingReport[] = [];
  const onReport = (report: SamplingReport) => reports.push({ ...report, decoderCpuMs: null });
  const frames: object[] = [];
  const request = { file, parts, video, intervalMs, toleranceMs, ffmpeg, limits, onReport };
  for await (const frame of readFrames(request, never)) {
    frames.push({ ...frame, data: Buffer.from(frame.data).toString('base64') });
  }
  const { packets: _, ...seen } = video;
  return { seen, frames, reports };
}

describe('a video of which only the planned parts were fetched', () => {
  for (const kind of IN_PARTS) {
    (canMake(kind) ? it : it.skip)(
      `gives the same pictures as the whole, or asks for it: ${kind.name}`,
      async () => {
        const file = made(kind);
        for (const sampling of SAMPLINGS) {
          const parts = await partsOf(file, sampling);
          if (parts === null) throw new Error('nothing was planned');
          expect(countBytes(parts)).toBeLessThan(0.95 * statSync(file).size);
          const copy = copyParts(file, parts);
          const whole = await sample(file, sampling);
          const result = sample(copy, sampling, parts);
          if (whole.reports[0]?.plan !== 'all') expect(await result).toEqual(whole);
          // Some pictures only the whole can show: their plan fails there as it fails here.
          else await expect(result).rejects.toMatchObject({ code: 'DECODER_FAILED' });
        }
      },
    );
  }

  for (const kind of WHOLE) {
    (canMake(kind) ? it : it.skip)(`is not planned for: ${kind.name}`, async () => {
      expect(await partsOf(made(kind), { intervalMs: 800, toleranceMs: 0 })).toBeNull();
    });
  }

  it('is half as large where keyframes are all that is needed', async () => {
    const file = made(FASTSTART);
    const parts = (await partsOf(file, { intervalMs: 2400, toleranceMs: 0 })) ?? [];
    expect(countBytes(parts)).toBeLessThan(0.5 * statSync(file).size);
  });

  it('says that the rest is needed rather than showing a hole', async () => {
    const file = made(FASTSTART);
    const sampling = { intervalMs: 2400, toleranceMs: 0 };
    const parts = (await partsOf(file, sampling)) ?? [];
    expect(parts.length).toBeGreaterThan(3);
    // Of the last picture, in the last part, only its length is looked at.
    for (const missing of parts.slice(1, -1)) {
      const fewer = parts.filter((part) => part !== missing);
      const result = sample(copyParts(file, fewer), sampling, fewer);
      await expect(result).rejects.toMatchObject({ code: 'DECODER_FAILED' });
    }
  });

  it('says so, too, when another plan is made for it later', async () => {
    const file = made(FASTSTART);
    const parts = (await partsOf(file, { intervalMs: 2400, toleranceMs: 0 })) ?? [];
    const other = sample(copyParts(file, parts), { intervalMs: 1300, toleranceMs: 0 }, parts);
    await expect(other).rejects.toMatchObject({ code: 'DECODER_FAILED' });
    const all = sample(copyParts(file, parts), { intervalMs: 40, toleranceMs: 0 }, parts);
    await expect(all).rejects.toMatchObject({ code: 'DECODER_FAILED' });
  });
});
