import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '../../src/errors.ts';
import { probeVideo } from '../../src/media/probe.ts';
import { DEFAULT_VIDEO_LIMITS } from '../../src/media/video-limits.ts';
import { describeWithShared, sharedPath } from '../helpers/shared.ts';
import { clipFolder, ffmpeg, makeCountedClip, runOwn } from './counted-clip.ts';

const limits = DEFAULT_VIDEO_LIMITS;
const never = new AbortController().signal;
const clips = clipFolder();
const plain = clips.path('plain.mp4');

beforeAll(() => {
  makeCountedClip(plain, { frameRate: 25, frames: 50 }, '-c:v libx264 -movflags +faststart'.split(' '));
});
afterAll(clips.remove);

async function expectRefusal(file: string, code: ErrorCode, message: RegExp, options = { ffmpeg, limits }) {
  await expect(probeVideo(file, options, never)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
}

function fileOf(name: string, content: string | Uint8Array): string {
  const file = clips.path(name);
  writeFileSync(file, content);
  return file;
}

describe('probeVideo', () => {
  it('blames no video for an ffmpeg that fails once', async () => {
    const mark = clips.path('failed-before');
    const passing = fileOf(
      'passing-trouble',
      `#!/bin/sh\n[ -e ${mark} ] && exec ${ffmpeg} "$@"\ntouch ${mark}; echo "Cannot allocate memory" >&2; exit 1\n`,
    );
    chmodSync(passing, 0o755);
    await expectRefusal(plain, 'DECODER_FAILED', /failed once/, { ffmpeg: passing, limits });
  });

  it('tells what a video is', async () => {
    const { timeline, packets, ...video } = await probeVideo(plain, { ffmpeg, limits }, never);
    expect(video).toEqual({
      width: 160,
      height: 96,
      rotationDegrees: 0,
      sampleAspectRatio: 1,
      durationMs: 2000,
      frameRate: 25,
      codec: 'h264',
      container: 'mov',
      pixelFormat: 'yuv420p',
      colour: { range: expect.any(String), matrix: 'unknown' },
      dialect: expect.objectContaining({ filterFileOption: expect.any(String) }),
      firstPictureChecksum: expect.stringMatching(/^[0-9A-F]{8}$/),
    });
    expect(packets?.positions).toHaveLength(50);
    expect(timeline.ptsTicks).toHaveLength(50);
  });

  it('tells the shape of pixels that are not square, and leaves them in the size', async () => {
    const wide = clips.path('wide.mkv');
    runOwn(['-i', plain, '-vf', 'setsar=4/3', '-frames:v', '5', '-c:v', 'mpeg4', wide]);
    const video = await probeVideo(wide, { ffmpeg, limits }, never);
    expect(video).toMatchObject({ width: 160, height: 96, container: 'matroska', codec: 'mpeg4' });
    expect(video.sampleAspectRatio).toBeCloseTo(4 / 3, 5);
  });

  it('measures the pictures, not the sound that goes on after them', async () => {
    const talkative = clips.path('talkative.mp4');
    const sound = '-f lavfi -t 5 -i anullsrc=r=8000:cl=mono -c:v copy -c:a aac'.split(' ');
    runOwn(['-i', plain, ...sound, talkative]);
    expect((await probeVideo(talkative, { ffmpeg, limits }, never)).durationMs).toBe(2000);
  });

  it('refuses an empty file', () => expectRefusal(fileOf('empty.mp4', ''), 'VIDEO_EMPTY', /0 bytes/));

  it('refuses sound without pictures', async () => {
    const sound = clips.path('sound.m4a');
    runOwn([...'-f lavfi -t 1 -i anullsrc=r=8000:cl=mono -c:a aac'.split(' '), sound]);
    await expectRefusal(sound, 'VIDEO_STREAM_MISSING', /no video stream/);
  });

  it('refuses sound with a cover picture', async () => {
    const covered = clips.path('covered.m4a');
    const cover = clips.path('cover.jpg');
    runOwn(['-i', plain, '-frames:v', '1', '-update', '1', cover]);
    runOwn([
      ...'-f lavfi -t 1 -i anullsrc=r=8000:cl=mono -i'.split(' '),
      cover,
      ...'-map 0 -map 1 -c:a aac -c:v mjpeg -disposition:v:0 attached_pic'.split(' '),
      covered,
    ]);
    await expectRefusal(covered, 'VIDEO_STREAM_MISSING', /no video stream/);
  });

  it('refuses a picture, whatever its name', async () => {
    const image = clips.path('image.png');
    runOwn(['-i', plain, '-frames:v', '1', '-update', '1', image]);
    await expectRefusal(fileOf('image.mp4', readFileSync(image)), 'VIDEO_FORMAT_UNSUPPORTED', /PNG image/);
  });

  it('refuses playlists and scripts that name other files', async () => {
    const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://${plain}\n#EXT-X-ENDLIST\n`;
    await expectRefusal(fileOf('list.mp4', playlist), 'VIDEO_FORMAT_UNSUPPORTED', /HLS playlist/);
    const script = `ffconcat version 1.0\nfile ${plain}\n`;
    await expectRefusal(fileOf('script.mp4', script), 'VIDEO_FORMAT_UNSUPPORTED', /ffconcat/);
    // Hidden from our own eyes by a comment, it still meets ffmpeg's whitelist.
    const hidden = `\n\x01\n${script}`;
    await expect(probeVideo(fileOf('hidden.mp4', hidden), { ffmpeg, limits }, never)).rejects.toMatchObject({
      kind: 'permanent',
    });
  });

  it('refuses a container outside the list that only ffmpeg knows', async () => {
    const bare = clips.path('bare.h264');
    runOwn(['-i', plain, '-c', 'copy', bare]);
    await expectRefusal(bare, 'VIDEO_FORMAT_UNSUPPORTED', /no video in a supported container/);
  });

  it('refuses a file that is cut off, naming how much of it there is', async () => {
    const bytes = readFileSync(plain);
    const cut = fileOf('cut.mp4', bytes.subarray(0, bytes.length - 1500));
    await expectRefusal(cut, 'VIDEO_CORRUPT', /cut off after \d[\d.]* s/);
  });

  it('refuses a file that ends before its index', async () => {
    const unfinished = clips.path('unfinished.mp4');
    runOwn(['-i', plain, '-c', 'copy', unfinished]);
    const bytes = readFileSync(unfinished);
    await expectRefusal(
      fileOf('cut2.mp4', bytes.subarray(0, bytes.length / 2)),
      'VIDEO_CORRUPT',
      /moov atom/,
    );
  });

  it('refuses bytes without meaning', async () => {
    const noise = Uint8Array.from({ length: 10_000 }, (_, index) => (index * index * 7919) >> 5);
    await expectRefusal(fileOf('noise.mp4', noise), 'VIDEO_CORRUPT', /damaged or no video/);
  });

  it('says when the ffmpeg is not a complete one', async () => {
    const incomplete = fileOf('ffmpeg', '#!/bin/sh\necho "No such filter: \'showinfo\'" >&2\nexit 1\n');
    chmodSync(incomplete, 0o755);
    await expectRefusal(plain, 'FFMPEG_MISSING', /complete/, { ffmpeg: incomplete, limits });
  });

  it('refuses a codec outside the list', async () => {
    const odd = clips.path('odd.mkv');
    runOwn(['-i', plain, '-frames:v', '3', '-c:v', 'ffv1', odd]);
    await expectRefusal(odd, 'VIDEO_FORMAT_UNSUPPORTED', /stream is ffv1/);
    const oddInMp4 = clips.path('odd.mp4');
    runOwn(['-i', plain, '-frames:v', '3', '-c:v', 'png', oddInMp4]);
    await expectRefusal(oddInMp4, 'VIDEO_FORMAT_UNSUPPORTED', /stream is png/);
  });

  it('refuses pictures, files and lengths beyond the limits', async () => {
    const within = (changed: Partial<typeof limits>) => ({ ffmpeg, limits: { ...limits, ...changed } });
    await expectRefusal(
      plain,
      'VIDEO_RESOLUTION_TOO_HIGH',
      /160x96|more pixels/,
      within({ maxPixels: 160 * 96 - 1 }),
    );
    await expectRefusal(plain, 'VIDEO_TOO_LARGE', /bytes/, within({ maxBytes: 100 }));
    await expectRefusal(plain, 'VIDEO_TOO_LONG', /lasts 2 s/, within({ maxDurationMs: 1999 }));
    await expectRefusal(plain, 'VIDEO_TOO_LONG', /more than/, within({ maxDurationMs: 100 }));
  });

  it('takes the slow motion of a phone, and refuses more pictures a second than any film has', async () => {
    const lasting = { ffmpeg, limits: { ...limits, maxDurationMs: 1000 } };
    const [slow, crowded] = [clips.path('slow.mp4'), clips.path('crowded.mp4')];
    makeCountedClip(slow, { frameRate: 240, frames: 240 }, ['-c:v', 'libx264']);
    makeCountedClip(crowded, { frameRate: 480, frames: 480 }, ['-c:v', 'libx264']);
    expect((await probeVideo(slow, lasting, never)).timeline.ptsTicks).toHaveLength(240);
    await expectRefusal(crowded, 'VIDEO_TOO_LONG', /more than 240 pictures/, lasting);
  });

  it('says that the file is gone', () =>
    expectRefusal(clips.path('nothing.mp4'), 'DECODER_FAILED', /video file cannot be opened \(ENOENT\)/));

  it('stops with the first reason to stop', async () => {
    const reason = new Error('the lease is lost');
    await expect(probeVideo(plain, { ffmpeg, limits }, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describeWithShared('probeVideo on real files', () => {
  it.each([
    ['media/issue-134-rotate.mp4', { width: 544, height: 1280, rotationDegrees: 90, durationMs: 10010 }],
    ['media/odd/group4-rot180.mp4', { width: 960, height: 540, rotationDegrees: 180 }],
    ['media/odd/squats-rot.mp4', { width: 720, height: 1280, rotationDegrees: 90, frameRate: 5 }],
    ['media/csci576-interview.mp4', { pixelFormat: 'yuv444p', durationMs: 20000 }],
    ['media/odd/interview-vp9.webm', { codec: 'vp9', container: 'matroska', durationMs: 20000 }],
    ['media/odd/interview2.ts', { container: 'mpegts', durationMs: 9300 }],
    ['media/odd/interview2-frag.mp4', { durationMs: 9300 }],
  ])('tells what %s is', async (file, facts) => {
    expect(await probeVideo(sharedPath(file), { ffmpeg, limits }, never)).toMatchObject(facts);
  });

  it.each<[string, ErrorCode]>([
    ['media/odd/audio-only.m4a', 'VIDEO_STREAM_MISSING'],
    ['media/odd/empty.mp4', 'VIDEO_EMPTY'],
    ['media/odd/truncated.mp4', 'VIDEO_CORRUPT'],
    ['media/expected/pose.jpg', 'VIDEO_FORMAT_UNSUPPORTED'],
  ])('refuses %s', async (file, code) => {
    await expectRefusal(sharedPath(file), code, /./);
  });
});
