import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readMp4PacketIndex } from '../../src/media/mp4-packet-index.ts';
import { DISCARD_FLAG, KEY_FLAG } from '../../src/media/packet-columns.ts';
import { readPacketIndex } from '../../src/media/packet-index.ts';
import { probeVideo } from '../../src/media/probe.ts';
import type { ShownPicture } from '../../src/media/shown-picture.ts';
import { DEFAULT_VIDEO_LIMITS } from '../../src/media/video-limits.ts';
import { describeWithShared, sharedPath } from '../helpers/shared.ts';
import { CLIP_KINDS, canMake, makeClip } from './clip-kinds.ts';
import { clipFolder, ffmpeg, makeCountedClip, runOwn } from './counted-clip.ts';

const limits = DEFAULT_VIDEO_LIMITS;
const never = new AbortController().signal;
const clips = clipFolder();
const plain = clips.path('plain.mp4');

beforeAll(() => makeCountedClip(plain, { frameRate: 25, frames: 60 }, '-c:v libx264 -g 20 -bf 3'.split(' ')));
afterAll(clips.remove);

/** What ffmpeg lists, and what the index lists of the same first picture. */
async function bothLists(file: string) {
  const { exit: _, ...listed } = await readPacketIndex(file, { ffmpeg, limits }, never);
  // That nobody refers to a packet is seen in its bits, not in the index.
  const asked = { ...listed, flags: listed.flags.map((flag) => flag & (KEY_FLAG | DISCARD_FLAG)) };
  const { codec, timeline } = await probeVideo(file, { ffmpeg, limits }, never);
  const first = { ptsTicks: timeline.ptsTicks[0], timeBase: timeline.timeBase } as ShownPicture;
  return { asked, read: await readMp4PacketIndex(file, { codec, first, maxPackets: 1000 }) };
}

async function expectSameList(file: string) {
  const { asked, read } = await bothLists(file);
  expect(read).not.toBeNull();
  expect({ ...read, durationTicks: [] }).toEqual({ ...asked, durationTicks: [] });
  // Only the last picture's length says anything: where it ends, the video does. ffmpeg estimates it where nothing is written down.
  const last = asked.ptsTicks.indexOf(Math.max(...asked.ptsTicks));
  expect([0, asked.durationTicks[last]]).toContain(read?.durationTicks[last]);
}

async function expectNoList(file: string) {
  expect((await bothLists(file)).read).toBeNull();
}

describe('readMp4PacketIndex', () => {
  const kinds = CLIP_KINDS.filter(({ file }) => /^(?!fragmented).*\.(mp4|mov)$/.test(file)).filter(canMake);
  it.each(kinds)('lists the packets of $name as ffmpeg does', async (kind) => {
    const file = clips.path(`kind-${kind.file}`);
    makeClip(kind, file, 90);
    await expectSameList(file);
  });

  it.each([
    ['sound that begins first', '-itsoffset 0.4', '-c copy'],
    ['a beginning that is cut off by an edit', '-ss 0.5', '-c copy'],
    ['another clock', '', '-c copy -video_track_timescale 40'],
    ['its index in front', '', '-c copy -movflags +faststart'],
  ])('lists a file with %s as ffmpeg does', async (name, before, options) => {
    const file = clips.path(`${name}.mp4`);
    const sound = '-f lavfi -t 1 -i anullsrc=r=8000:cl=mono';
    const input = [...before.split(' '), '-i', plain, ...sound.split(' ')].filter((word) => word !== '');
    runOwn([...input, '-map', '0:v', '-map', '1:a', ...options.split(' '), '-c:a', 'aac', file]);
    await expectSameList(file);
  });

  it('leaves fragments, two films in one file and other codecs to ffmpeg', async () => {
    const fragmented = clips.path('fragmented.mp4');
    runOwn(['-i', plain, '-c', 'copy', '-movflags', 'frag_keyframe+empty_moov', fragmented]);
    await expectNoList(fragmented);
    const twice = clips.path('twice.mp4');
    runOwn(['-i', plain, '-map', '0:v', '-map', '0:v', '-c', 'copy', twice]);
    await expectNoList(twice);
    const mpeg4 = clips.path('mpeg4.mp4');
    runOwn(['-i', plain, '-c:v', 'mpeg4', mpeg4]);
    await expectNoList(mpeg4);
  });

  it('leaves a file whose edit shows less than the track holds to ffmpeg', async () => {
    const file = clips.path('short-edit.mp4');
    const bytes = readFileSync(plain);
    // Type, version, flags and a count of one come before the duration.
    bytes.writeUInt32BE(1000, bytes.indexOf('elst') + 12);
    writeFileSync(file, bytes);
    const { asked, read } = await bothLists(file);
    expect(asked.bytes.length).toBeLessThan(60);
    expect(read).toBeNull();
  });

  it('leaves a file whose edit ends where its last picture begins, in whole ticks, to ffmpeg', async () => {
    const file = clips.path('coarse.mp4');
    runOwn(['-i', plain, '-c', 'copy', '-video_track_timescale', '30', file]);
    const bytes = readFileSync(file);
    // The last of 60 pictures begins at tick 71: these milliseconds end 0.01 ticks later.
    bytes.writeUInt32BE(2367, bytes.indexOf('elst') + 12);
    writeFileSync(file, bytes);
    const { asked, read } = await bothLists(file);
    expect(asked.flags.slice(-4)).toContain(DISCARD_FLAG);
    expect(read).toBeNull();
  });

  it('leaves a file that begins with pictures of a group that was cut off to ffmpeg', async () => {
    const open = clips.path('open.mp4');
    const encoding = '-c:v libx264 -g 20 -bf 3 -sc_threshold 0 -x264-params open-gop=1';
    makeCountedClip(open, { frameRate: 25, frames: 60 }, encoding.split(' '));
    await expectSameList(open);
    const hidden = clips.path('open-hidden.mp4');
    runOwn(['-ss', '1', '-i', open, '-c', 'copy', hidden]);
    await expectSameList(hidden);
    const shown = clips.path('open-shown.mp4');
    runOwn(['-ss', '1', '-noaccurate_seek', '-i', open, '-c', 'copy', '-use_editlist', '0', shown]);
    await expectNoList(shown);
  });

  it('leaves a file that is cut off to ffmpeg, which says so', async () => {
    const file = clips.path('cut.mp4');
    runOwn(['-i', plain, '-c', 'copy', '-movflags', '+faststart', file]);
    truncateSync(file, statSync(file).size - 100);
    await expect(probeVideo(file, { ffmpeg, limits }, never)).rejects.toMatchObject({
      code: 'VIDEO_CORRUPT',
    });
  });

  it.each([
    ['stts', 8],
    ['stsz', 12],
    ['stsc', 8],
    ['stco', 8],
  ])('leaves a file whose %s is damaged to ffmpeg', async (table, countAt) => {
    const { codec, timeline } = await probeVideo(plain, { ffmpeg, limits }, never);
    const first = { ptsTicks: timeline.ptsTicks[0], timeBase: timeline.timeBase } as ShownPicture;
    const bytes = readFileSync(plain);
    const at = bytes.indexOf(table) + countAt;
    const count = bytes.readUInt32BE(at);
    for (const wrong of [0, count + 1, 1_000, 0xffffffff]) {
      bytes.writeUInt32BE(wrong, at);
      const file = clips.path(`${table}-${wrong}.mp4`);
      writeFileSync(file, bytes);
      expect(await readMp4PacketIndex(file, { codec, first, maxPackets: 100 })).toBeNull();
    }
  });

  it('leaves a longer list than is allowed to ffmpeg, which refuses it', async () => {
    const { codec, timeline } = await probeVideo(plain, { ffmpeg, limits }, never);
    const first = { ptsTicks: timeline.ptsTicks[0], timeBase: timeline.timeBase } as ShownPicture;
    expect(await readMp4PacketIndex(plain, { codec, first, maxPackets: 59 })).toBeNull();
  });
});

describeWithShared('real files', () => {
  it.each(['csci576-interview.mp4', 'goldeneye-vfr-drop3.mp4', 'issue-134-rotate.mp4', 'odd/squats-rot.mp4'])(
    '%s is listed as ffmpeg lists it',
    async (name) => expectSameList(sharedPath('media', name)),
  );
});
