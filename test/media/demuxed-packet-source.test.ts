import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { openDemuxedPacketSource } from '../../src/media/demuxed-packet-source.ts';
import { probeVideo } from '../../src/media/probe.ts';
import { DEFAULT_VIDEO_LIMITS } from '../../src/media/video-limits.ts';
import { claimManyPictures, clipFolder, ffmpeg, makeCountedClip } from './counted-clip.ts';

const never = new AbortController().signal;
const clips = clipFolder();
afterAll(clips.remove);

describe('the demultiplexer', () => {
  it('says nothing on the console of a codec that it does not know', async () => {
    const words = (['warn', 'error', 'info', 'log'] as const).map((kind) =>
      jest.spyOn(console, kind).mockImplementation(() => undefined),
    );
    const file = clips.path('motion.mov');
    makeCountedClip(file, { frameRate: 25, frames: 10 }, '-c:v mjpeg'.split(' '));
    const { packets: table } = await probeVideo(file, { ffmpeg, limits: DEFAULT_VIDEO_LIMITS }, never);
    if (table === null) throw new Error('the clip has no packets');
    const source = await openDemuxedPacketSource(
      { file, table, container: 'mov', parts: null, arrivals: null },
      never,
    );
    source?.close();
    expect(words.flatMap(({ mock }) => mock.calls)).toEqual([]);
  });

  it('takes no gigabyte for an MP4 that claims millions of pictures more than it has', async () => {
    const file = clips.path('claims.mp4');
    makeCountedClip(file, { frameRate: 25, frames: 10 }, '-c:v libx264 -bf 2'.split(' '));
    const { packets: table } = await probeVideo(file, { ffmpeg, limits: DEFAULT_VIDEO_LIMITS }, never);
    if (table === null) throw new Error('the clip has no packets');
    claimManyPictures(file);
    const asked = { file, table, container: 'mov', parts: null, arrivals: null };
    const { maxRSS: before } = process.resourceUsage();
    expect(await openDemuxedPacketSource(asked, never)).toBeNull();
    expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(500);
  });
});
