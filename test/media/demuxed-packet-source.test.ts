import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { openDemuxedPacketSource } from '../../src/media/demuxed-packet-source.ts';
import { probeVideo } from '../../src/media/probe.ts';
import { DEFAULT_VIDEO_LIMITS } from '../../src/media/video-limits.ts';
import { clipFolder, ffmpeg, makeCountedClip } from './counted-clip.ts';

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
});
