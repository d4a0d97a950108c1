import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Frame } from '../../src/media/frame.ts';
import { readFrames } from '../../src/media/frame-reader.ts';
import { openMp4PacketSource } from '../../src/media/mp4-packet-source.ts';
import type { PacketTable } from '../../src/media/packet-table.ts';
import { PRIVATE_FOLDER_KIND } from '../../src/media/private-folder.ts';
import { probeVideo } from '../../src/media/probe.ts';
import type { AllowedPlan } from '../../src/media/sampling-plan.ts';
import type { SamplingReport } from '../../src/media/sampling-report.ts';
import type { VideoInfo } from '../../src/media/video-info.ts';
import { DEFAULT_VIDEO_LIMITS } from '../../src/media/video-limits.ts';
import { processFolderPrefix } from '../../src/process-folder.ts';
import { turnClip } from '../../tools/turn-clip.ts';
import { describeWithShared, sharedPath } from '../helpers/shared.ts';
import { CLIP_KINDS, canMake, frameRateOf, makeClip } from './clip-kinds.ts';
import {
  clipFolder,
  ffmpeg,
  hasBitstreamFilter,
  makeCountedClip,
  readNumber,
  runOwn,
} from './counted-clip.ts';

const limits = DEFAULT_VIDEO_LIMITS;
const never = new AbortController().signal;
const clips = clipFolder();
const plain = clips.path('original.mp4');
const FRAMES = 84;
/** Clips with times or colour matrices of one's own choice are made by an ffmpeg of 4.4 or newer; without it, what needs them is skipped. */
const itWithNewerFfmpeg = hasBitstreamFilter('setts') ? it : it.skip;

beforeAll(() => {
  makeCountedClip(
    plain,
    { frameRate: 30, frames: FRAMES },
    '-c:v libx264 -g 24 -bf 2 -sc_threshold 0'.split(' '),
  );
});
afterAll(clips.remove);

async function sample(
  file: string,
  intervalMs: number,
  options: {
    maxSide?: number;
    video?: VideoInfo;
    plan?: AllowedPlan;
    toleranceMs?: number;
    firstSample?: number;
  } = {},
): Promise<{ video: VideoInfo; frames: Frame[]; report: SamplingReport | undefined }> {
  const video = options.video ?? (await probeVideo(file, { ffmpeg, limits }, never));
  const frames: Frame[] = [];
  let report: SamplingReport | undefined;
  const onReport = (told: SamplingReport) => {
    report = told;
  };
  const request = { file, intervalMs, ffmpeg, limits, ...options, video, onReport };
  for await (const frame of readFrames(request, never)) frames.push({ ...frame, data: frame.data.slice() });
  return { video, frames, report };
}

function numbersOf(frames: readonly Frame[]): number[] {
  return frames.map((frame) => readNumber(frame));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** The definition of sampling, from the numbers of the pictures a clip holds. */
function expectedNumbers(
  kept: readonly number[],
  rate: number,
  intervalMs: number,
  durationMs: number,
): number[] {
  const first = kept[0] ?? 0;
  return range(0, Math.ceil(durationMs / intervalMs - 1e-6)).map((index) => {
    const latest = first + (index * intervalMs * rate) / 1000 + 0.5 + 1e-4;
    return kept.findLast((number) => number <= latest) ?? first;
  });
}

describe('sampled frames', () => {
  for (const kind of CLIP_KINDS) {
    (canMake(kind) ? it : it.skip)(`are the pictures shown at each interval: ${kind.name}`, async () => {
      const file = clips.path(kind.file);
      makeClip(kind, file, FRAMES);
      const rate = frameRateOf(kind);
      const kept = range(0, FRAMES).filter(kind.keep?.[1] ?? (() => true));

      const { video, frames } = await sample(file, 80);

      expect(video.frameRate).toBeCloseTo(rate, 2);
      expect(frames.map((frame) => frame.index)).toEqual(range(0, frames.length));
      const numbers = numbersOf(frames);
      expect(numbers).toEqual(expectedNumbers(kept, rate, 80, video.durationMs));
      for (const [index, frame] of frames.entries()) {
        const shownMs = ((numbers[index] ?? 0) * 1000) / rate;
        expect(Math.abs(frame.timestampMs - shownMs)).toBeLessThan(1.01);
        expect(frame.repeatsPrevious).toBe(index > 0 && numbers[index] === numbers[index - 1]);
      }

      const cheap = await sample(file, 480, { video });
      const complete = await sample(file, 480, { video, plan: 'all' });
      expect(cheap.frames).toEqual(complete.frames);
      expect(cheap.report?.plan).toBe(kind.plan ?? 'groups');
    });
  }

  it('cost only keyframes where every sample is one', async () => {
    const { frames, report } = await sample(plain, 800);
    expect(numbersOf(frames)).toEqual([0, 24, 48, 72]);
    expect(report).toMatchObject({ plan: 'keyframes', packets: 4, packetsTotal: FRAMES });
    expect(report?.decoderCpuMs).toBeGreaterThanOrEqual(0);
  });

  it('may be cheaper ones nearby when a tolerance allows it, with their own times', async () => {
    const { frames, report } = await sample(plain, 1000, { toleranceMs: 250 });
    expect(numbersOf(frames)).toEqual([0, 24, 54]);
    expect(frames.map((frame) => frame.timestampMs)).toEqual([0, 800, 1800]);
    expect(report?.plan).toBe('groups');
  });

  it.each(['all', 'sparse'] as const)('can begin anywhere: plan %s', async (plan) => {
    const { frames } = await sample(plain, 500, { firstSample: 3, plan });
    expect(frames.map((frame) => frame.index)).toEqual([3, 4, 5]);
    expect(numbersOf(frames)).toEqual([45, 60, 75]);
  });

  it('come from the whole file when its packets cannot be matched', async () => {
    const { packets, ...video } = await probeVideo(plain, { ffmpeg, limits }, never);
    if (packets === null) throw new Error('the clip has no packet table');
    const strange = { ...packets, bytes: packets.bytes.map((size) => size + 2) };
    const { frames, report } = await sample(plain, 500, { video: { ...video, packets: strange } });
    expect(numbersOf(frames)).toEqual([0, 15, 30, 45, 60, 75]);
    expect(report).toMatchObject({ plan: 'all', reason: expect.stringMatching(/cannot be read/) });
  });

  it('come from the whole file when the first picture is not the one that was probed', async () => {
    const video = await probeVideo(plain, { ffmpeg, limits }, never);
    const { frames, report } = await sample(plain, 500, {
      video: { ...video, firstPictureChecksum: '00000000' },
    });
    expect(numbersOf(frames)).toEqual([0, 15, 30, 45, 60, 75]);
    expect(report?.plan).toBe('all');
  });

  it('are counted from the first picture an edit list shows', async () => {
    const cut = clips.path('cut.mp4');
    runOwn(['-ss', '1.1', '-i', plain, '-c', 'copy', cut]);
    const { frames } = await sample(cut, 500);
    expect(frames[0]?.timestampMs).toBe(0);
    const [first = 0] = numbersOf(frames);
    expect(numbersOf(frames)).toEqual(frames.map((_, index) => first + 15 * index));
  });

  it('are those of every part where an edit list plays several', async () => {
    const file = clips.path('two-parts.mp4');
    // The delay is an entry of its own in the edit list, beside the one that plays the clip.
    const encoding = '-c:v libx264 -g 24 -bf 0 -sc_threshold 0 -output_ts_offset 1';
    makeCountedClip(file, { frameRate: 30, frames: FRAMES }, encoding.split(' '));
    const bytes = readFileSync(file);
    const [first, second] = [12, 24].map((entry) => bytes.indexOf('elst') + entry) as [number, number];
    const fromTicks = bytes.readInt32BE(second + 4);
    const secondTicks = bytes.readUInt32BE(bytes.indexOf('mdhd') + 16);
    for (const entry of [first, second]) bytes.writeUInt32BE(1000, entry);
    bytes.writeInt32BE(fromTicks, first + 4);
    bytes.writeInt32BE(fromTicks + 1.5 * secondTicks, second + 4);
    writeFileSync(file, bytes);
    const { video, frames } = await sample(file, 200);
    expect(video.durationMs).toBe(2000);
    expect(numbersOf(frames)).toEqual([0, 6, 12, 18, 24, 45, 51, 57, 63, 69]);
  });

  it('are counted from the first picture that decodes where a file begins within an open group', async () => {
    const whole = clips.path('open-whole.mp4');
    const source = { frameRate: 30, frames: FRAMES, keep: 'gt(mod(n,5),1)' };
    const encoding = '-c:v libx264 -g 24 -bf 5 -sc_threshold 0 -x264-params open-gop=1:b-pyramid=2';
    makeCountedClip(whole, source, encoding.split(' '));
    const cut = clips.path('open-cut.mp4');
    runOwn(['-ss', '1.5', '-noaccurate_seek', '-i', whole, '-c', 'copy', '-use_editlist', '0', cut]);
    const { video, frames } = await sample(cut, 80, { plan: 'all' });
    const numbers = numbersOf(frames);
    const [first = 0] = numbers;
    expect(first).toBeGreaterThan(0);
    const kept = range(first, FRAMES).filter((n) => n % 5 > 1);
    expect(video.timeline.ptsTicks).toHaveLength(kept.length);
    expect(numbers).toEqual(expectedNumbers(kept, 30, 80, video.durationMs));
    expect((await sample(cut, 80, { plan: 'sparse' })).frames).toEqual(frames);
  });

  it.each([1, 2, 3] as const)('stand upright when the file is turned by %s quarters', async (turns) => {
    const turned = clips.path(`turned-${turns}.mp4`);
    copyFileSync(plain, turned);
    turnClip(turned, turns);
    const { video, frames } = await sample(turned, 1000);
    expect(video.rotationDegrees).toBe(90 * turns);
    const size = turns === 2 ? { width: 160, height: 96 } : { width: 96, height: 160 };
    expect(video).toMatchObject(size);
    expect(frames[0]).toMatchObject(size);
    expect(frames.map((frame) => readNumber(frame, turns))).toEqual([0, 30, 60]);
  });

  it('are scaled down to the given long side, and never up', async () => {
    const { frames } = await sample(plain, 1000, { maxSide: 100 });
    expect(frames[0]).toMatchObject({ width: 100, height: 60 });
    expect(frames[0]?.data).toHaveLength(100 * 60 * 3);
    expect(numbersOf(frames)).toEqual([0, 30, 60]);
  });

  it('share their pixels when one picture is shown for several intervals', async () => {
    const video = await probeVideo(plain, { ffmpeg, limits }, never);
    const repeated: boolean[] = [];
    const sharesPixels: boolean[] = [];
    let previous: Frame | null = null;
    for await (const frame of readFrames({ file: plain, video, intervalMs: 11, ffmpeg, limits }, never)) {
      repeated.push(frame.repeatsPrevious);
      sharesPixels.push(frame.data === previous?.data);
      previous = frame;
    }
    expect(repeated).toHaveLength(Math.ceil(2800 / 11));
    expect(repeated.filter(Boolean)).toHaveLength(repeated.length - FRAMES);
    expect(sharesPixels).toEqual(repeated);
  });

  it('keep the pixels of the frame before while the next one is looked at', async () => {
    const { frames } = await sample(plain, 500);
    const video = await probeVideo(plain, { ffmpeg, limits }, never);
    let previous: Frame | null = null;
    for await (const frame of readFrames({ file: plain, video, intervalMs: 500, ffmpeg, limits }, never)) {
      if (previous !== null) expect(readNumber(previous)).toBe(readNumber(frames[previous.index] as Frame));
      previous = frame;
    }
    expect(previous?.index).toBe(frames.length - 1);
  });

  it('tell when every pixel is that of the frame before', async () => {
    const still = clips.path('still.mkv');
    const source = '-f lavfi -i color=gray:s=64x48:r=10 -frames:v 30'.split(' ');
    runOwn([
      ...source,
      '-vf',
      "drawbox=w=16:h=16:c=white:t=fill:enable='gte(t,2)'",
      '-c:v',
      'libx264',
      '-qp',
      '0',
      still,
    ]);
    const { frames } = await sample(still, 500);
    expect(frames.map((frame) => frame.equalsPrevious)).toEqual([false, true, true, true, false, true]);
    expect(frames.some((frame) => frame.repeatsPrevious)).toBe(false);
  });

  it('come from what really decodes where the list of times is wrong', async () => {
    const video = await probeVideo(plain, { ffmpeg, limits }, never);
    const ptsTicks = video.timeline.ptsTicks.map((pts, position) => (position > 20 ? pts + 7 : pts));
    const misled = { ...video, timeline: { ...video.timeline, ptsTicks } };
    const { frames } = await sample(plain, 500, { video: misled, plan: 'all' });
    expect(numbersOf(frames)).toEqual([0, 15, 30, 45, 60, 75]);
    expect(frames.map((frame) => frame.timestampMs)).toEqual([0, 500, 1000, 1500, 2000, 2500]);
  });

  it('are the first of each time where joined clips overlap', async () => {
    const joined = clips.path('joined.ts');
    const pieces = [0, 0.96, 1.92].map((seconds) => {
      const piece = clips.path(`from-${seconds}.ts`);
      const encoding = `-c:v libx264 -g 25 -bf 0 -output_ts_offset ${seconds}`;
      makeCountedClip(piece, { frameRate: 25, frames: 25 }, encoding.split(' '));
      return readFileSync(piece);
    });
    writeFileSync(joined, Buffer.concat(pieces));
    const { frames } = await sample(joined, 480);
    expect(frames.map(({ timestampMs }) => timestampMs)).toEqual([0, 480, 960, 1440, 1920, 2400, 2880]);
    expect(numbersOf(frames)).toEqual([0, 12, 24, 12, 24, 12, 24]);
  });

  it('are those of the right part where the times of joined streams begin anew', async () => {
    const whole = clips.path('whole.mp4');
    makeCountedClip(whole, { frameRate: 25, frames: 100 }, '-c:v libx264 -g 25 -bf 0'.split(' '));
    const pieces = [0, 2].map((seconds) => {
      const piece = clips.path(`restarts-${seconds}.ts`);
      runOwn(['-ss', String(seconds), '-t', '2', '-i', whole, '-c', 'copy', piece]);
      return readFileSync(piece);
    });
    const joined = clips.path('restarts.ts');
    writeFileSync(joined, Buffer.concat(pieces));
    const { video, frames } = await sample(joined, 480, { plan: 'all' });
    expect(numbersOf(frames).findIndex((number) => number >= 50)).toBe(5);
    const { report, ...sparse } = await sample(joined, 480, { plan: 'sparse', video });
    expect(sparse.frames).toEqual(frames);
    expect(report).toMatchObject({ plan: 'all', reason: 'its packets cannot be read one by one' });
  });

  const SAME_COLOURS = 'have the same colours by every plan where only the container names them: %s';
  async function expectSameColours(matrix: string): Promise<void> {
    const file = clips.path(`${matrix}.mp4`);
    const source = '-f lavfi -i testsrc2=s=160x96:r=25 -t 1 -pix_fmt yuv420p';
    const encoding = `-c:v libx264 -g 10 -colorspace ${matrix} -x264-params colormatrix=undef`;
    runOwn([...source.split(' '), ...encoding.split(' '), '-movflags', '+write_colr', file]);
    const { video, frames } = await sample(file, 400, { plan: 'sparse' });
    expect(video.colour.matrix).toBe(matrix);
    expect(frames).toEqual((await sample(file, 400, { plan: 'all' })).frames);
  }
  it.each(['bt709', 'smpte170m', 'smpte240m', 'bt2020nc'])(SAME_COLOURS, expectSameColours);
  itWithNewerFfmpeg.each(['fcc', 'bt470bg', 'bt2020c'])(SAME_COLOURS, expectSameColours);

  it.each(['joined-open.mp4', 'joined-open.mkv', 'joined-open.ts'])(
    'are the same behind the join of clips with other parameters and open groups: %s',
    async (name) => {
      const list = clips.path('list.txt');
      const kinds = ['-preset ultrafast -crf 20 -bf 2', '-preset medium -crf 30 -bf 3'];
      const names = kinds.map((kind, number) => {
        const encoding = `-c:v libx264 ${kind} -g 24 -sc_threshold 0 -x264-params open-gop=1`;
        makeCountedClip(clips.path(`clip-${number}.mp4`), { frameRate: 30, frames: 96 }, encoding.split(' '));
        return `clip-${number}.mp4`;
      });
      writeFileSync(list, names.map((clip) => `file ${clip}\n`).join(''));
      const file = clips.path(name);
      runOwn(['-f', 'concat', '-i', list, '-c', 'copy', file]);
      for (const intervalMs of [800, 1600]) {
        const { video, frames } = await sample(file, intervalMs, { plan: 'all' });
        const sparse = await sample(file, intervalMs, { plan: 'sparse', video });
        expect(sparse.frames).toEqual(frames);
        expect(numbersOf(frames)).toEqual(
          frames.map(({ timestampMs }) => Math.round(timestampMs * 0.03) % 96),
        );
        expect(sparse.report?.plan).not.toBe('all');
      }
    },
  );

  it('are cheap, too, where they lie just behind the keyframe of an open group', async () => {
    const file = clips.path('open-groups.mp4');
    const encoding = '-c:v libx264 -g 24 -bf 4 -sc_threshold 0 -x264-params open-gop=1:b-pyramid=2';
    makeCountedClip(file, { frameRate: 30, frames: 180 }, encoding.split(' '));
    for (const behind of [1, 2, 3, 4, 5, 7]) {
      const { frames, report } = await sample(file, ((72 + behind) * 1000) / 30, { plan: 'sparse' });
      expect(numbersOf(frames)).toEqual([0, 72 + behind, 144 + 2 * behind]);
      expect(report).toMatchObject({ plan: 'groups', reason: expect.stringMatching(/^the samples need/) });
    }
  });

  itWithNewerFfmpeg(
    'are the same by every plan where B-pictures have the times they are decoded at',
    async () => {
      const file = clips.path('decoding-times.mkv');
      runOwn(['-i', plain, '-c', 'copy', '-bsf:v', 'setts=pts=DTS:dts=DTS', file]);
      const { frames } = await sample(file, 730, { plan: 'all' });
      const { report, ...sparse } = await sample(file, 730, { plan: 'sparse' });
      expect(sparse.frames).toEqual(frames);
      expect(report).toMatchObject({ plan: 'all', reason: 'its packets cannot be read one by one' });
    },
  );

  it('repeat the last picture where nothing decodes until the next sample', async () => {
    const intra = clips.path('intra.mp4');
    makeCountedClip(intra, { frameRate: 30, frames: FRAMES }, '-c:v libx264 -g 1'.split(' '));
    const video = await probeVideo(intra, { ffmpeg, limits }, never);
    const source = await openMp4PacketSource({
      file: intra,
      container: 'mov',
      parts: null,
      arrivals: null,
      table: video.packets as PacketTable,
    });
    const bytes = readFileSync(intra);
    // All after picture 15 and before picture 52: the sample at 1 s has no picture of its own, the one at 1.5 s neither.
    for await (const { data } of source?.read({ first: 16, last: 51 }) ?? []) {
      const at = bytes.indexOf(data);
      bytes.fill(0, at, at + data.length);
    }
    source?.close();
    writeFileSync(intra, bytes);
    const { frames } = await sample(intra, 500);
    expect(numbersOf(frames)).toEqual([0, 15, 15, 15, 60, 75]);
    expect(frames.map(({ timestampMs }) => timestampMs)).toEqual([0, 500, 500, 500, 2000, 2500]);
    expect(frames.map(({ repeatsPrevious }) => repeatsPrevious)).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
    expect(frames[2]?.data).toEqual(frames[1]?.data);
  });

  it('end with the first reason to stop, and leave no child and no folder behind', async () => {
    const video = await probeVideo(plain, { ffmpeg, limits }, never);
    const before = ffmpegChildren();
    const reason = new Error('the lease is lost');
    const controller = new AbortController();
    const frames = readFrames({ file: plain, video, intervalMs: 33, ffmpeg, limits }, controller.signal);
    await frames.next();
    controller.abort(reason);
    await expect(
      (async () => {
        for await (const _ of frames);
      })(),
    ).rejects.toBe(reason);
    expect(ffmpegChildren()).toEqual(before);
  });

  it('leave no child and no folder behind when the loop is left early', async () => {
    const video = await probeVideo(plain, { ffmpeg, limits }, never);
    const before = ffmpegChildren();
    for await (const frame of readFrames({ file: plain, video, intervalMs: 33, ffmpeg, limits }, never)) {
      if (frame.index === 2) break;
    }
    expect(ffmpegChildren()).toEqual(before);
  });
});

/** Living ffmpeg children of this process, and the folders of any. */
function ffmpegChildren(): { processes: string[]; folders: string[] } {
  const processes = existsSync('/proc')
    ? readdirSync('/proc')
        .filter((pid) => /^\d+$/.test(pid))
        .filter((pid) => {
          try {
            const [state, parent] =
              readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
            return Number(parent) === process.pid && state !== 'Z';
          } catch {
            return false;
          }
        })
    : [];
  const folders = readdirSync(tmpdir()).filter((name) =>
    name.startsWith(processFolderPrefix(PRIVATE_FOLDER_KIND)),
  );
  return { processes, folders };
}

describeWithShared('sampled frames of real videos', () => {
  const counts: Array<[file: string, intervalMs: number, frames: number]> = [
    ['media/goldeneye-vfr-drop3.mp4', 2000, 5],
    ['media/issue-134-rotate.mp4', 2000, 6],
    ['media/intel-asl-sister.mkv', 500, 6],
    ['media/odd/interview-vp9.webm', 2000, 10],
    ['media/odd/interview2.ts', 2000, 5],
    ['media/odd/interview2-frag.mp4', 2000, 5],
    ['media/odd/hamilton-onegop.mp4', 2000, 6],
    ['media/odd/hamilton-vfr.mp4', 2000, 5],
  ];
  it.each(counts)('stand on the grid: %s every %s ms', async (file, intervalMs, count) => {
    const { video, frames } = await sample(sharedPath(file), intervalMs, { maxSide: 320 });
    expect(frames).toHaveLength(count);
    for (const { index, timestampMs } of frames) {
      expect(timestampMs).toBeLessThanOrEqual(index * intervalMs + 500 / video.frameRate + 0.001);
      expect(timestampMs).toBeGreaterThan(index * intervalMs - 250);
    }
  });
});
