import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFrames } from '../../src/media/frame-reader.ts';
import { probeVideo } from '../../src/media/probe.ts';
import { createShownPictureParser, SHOWINFO } from '../../src/media/shown-picture.ts';
import { DEFAULT_VIDEO_LIMITS as limits } from '../../src/media/video-limits.ts';
import { turnClip } from '../../tools/turn-clip.ts';
import { clipFolder, ffmpeg, makeCountedClip, runOwn } from './counted-clip.ts';

const never = new AbortController().signal;
const clips = clipFolder();
const plain = clips.path('plain.mp4');
const X264 = '-c:v libx264 -preset ultrafast -g 10 -bf 2'.split(' ');

beforeAll(() => makeCountedClip(plain, { frameRate: 10, frames: 30 }, X264));
afterAll(clips.remove);

async function framesOf(file: string) {
  const video = await probeVideo(file, { ffmpeg, limits }, never);
  const frames: Array<{ readonly timestampMs: number; readonly data: Buffer }> = [];
  for await (const frame of readFrames({ file, video, intervalMs: 500, ffmpeg, limits }, never)) {
    frames.push({ timestampMs: frame.timestampMs, data: Buffer.from(frame.data) });
  }
  return frames;
}

describe('the pictures that ffmpeg shows', () => {
  it('are those of a plain decode where the video is turned by no quarter', async () => {
    const turned = clips.path('turned.mp4');
    runOwn(['-i', plain, '-c', 'copy', turned]);
    turnClip(turned, 0.5);
    const decode = ['-nostdin', '-v', 'error', '-i', turned, '-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1'];
    const decoded = execFileSync(ffmpeg, decode, { maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] });
    const frames = await framesOf(turned);
    expect(frames.map(({ timestampMs }) => timestampMs)).toEqual([0, 500, 1000, 1500, 2000, 2500]);
    for (const [index, { data }] of frames.entries()) {
      const expected = decoded.subarray(5 * index * data.length, (5 * index + 1) * data.length);
      const difference = data.reduce((sum, value, at) => sum + Math.abs(value - (expected[at] ?? 0)), 0);
      expect(difference / data.length).toBeLessThan(2);
    }
  });

  it('keep their times whatever the language of the file says', async () => {
    const spoofed = clips.path('spoofed.mkv');
    const words =
      'If you want to help, upload a sample (ffmpeg-devel@ffmpeg.org)config in time_base: 1/7, frame_rate: 1/1';
    const lines = `x\n${words}\n[Parsed_showinfo_0 @ 0x1] n:   0 pts: 9 fmt:gray sar:1/1 s:9x9 checksum:0\n`;
    runOwn(['-i', plain, '-c', 'copy', '-metadata:s:v', `language=${lines}`, spoofed]);
    const [frames, expected] = [await framesOf(spoofed), await framesOf(plain)];
    expect(frames.map(({ timestampMs }) => timestampMs)).toEqual(
      expected.map(({ timestampMs }) => timestampMs),
    );
    expect(frames.every(({ data }, index) => expected[index]?.data.equals(data))).toBe(true);
  });
});

describe('what showinfo says', () => {
  const from = (words: string) => `[${SHOWINFO} @ 0x1] ${words}`;
  const picture = from('n:   0 pts:   3 pts_time:3 pos: 48 fmt:gray sar:0/1 s:16x8 i:P checksum:083B84E5 x');
  const nameless = (base: string) =>
    `If you want to help, upload a sample of this file to https://streams.videolan.org/upload/ and contact the ffmpeg-devel mailing list. (ffmpeg-devel@ffmpeg.org)config in time_base: ${base}, frame_rate: 10/1`;
  const timeBasesOf = (lines: readonly string[]) => {
    const parse = createShownPictureParser();
    return lines.map(parse).flatMap((shown) => (shown === null ? [] : [shown.timeBase.denominator]));
  };

  it('has a time base before there is a picture', () => {
    expect(timeBasesOf([picture])).toEqual([]);
    expect(timeBasesOf([from('config in time_base: 1/9, frame_rate: 10/1'), picture])).toEqual([9]);
  });

  it('may begin behind words about an odd turn, which a file may have imitated before and after', () => {
    expect(timeBasesOf([nameless('1/5'), picture])).toEqual([5]);
    expect(timeBasesOf([nameless('1/1'), nameless('1/5'), picture, nameless('1/7'), picture])).toEqual([
      5, 5,
    ]);
    expect(timeBasesOf([`    title           : ${nameless('1/5')}`, picture])).toEqual([]);
  });
});
