import { describe, expect, it } from '@jest/globals';
import { ffmpegDialect } from '../../src/media/ffmpeg-dialect.ts';
import type { PacketTable } from '../../src/media/packet-table.ts';
import { planAll, planSampling } from '../../src/media/sampling-plan.ts';
import type { VideoInfo } from '../../src/media/video-info.ts';

/** A stream described in decoding order: each packet by the rank of its picture, keyframes marked with K. */
function video(order: string, changes: Partial<VideoInfo> = {}): VideoInfo {
  const words = order.split(' ');
  const ranks = Uint32Array.from(words, (word) => Number.parseInt(word, 10));
  const packets: PacketTable = {
    ranks,
    positions: Int32Array.from(ranks),
    keys: Uint8Array.from(words, (word) => Number(word.endsWith('K'))),
    bytes: Uint32Array.from(words, (word) => (word.endsWith('K') ? 100_000 : 10_000)),
    areKeysSeen: true,
  };
  return {
    width: 1920,
    height: 1080,
    rotationDegrees: 0,
    sampleAspectRatio: 1,
    durationMs: words.length * 40,
    frameRate: 25,
    codec: 'h264',
    container: 'mov',
    pixelFormat: 'yuv420p',
    colour: { range: 'tv', matrix: 'bt709' },
    firstPictureChecksum: '',
    dialect: ffmpegDialect(57),
    timeline: {
      timeBase: { numerator: 1, denominator: 25 },
      ptsTicks: Float64Array.from(words.keys()),
      endTicks: words.length,
    },
    packets,
    ...changes,
  };
}

function plan(of: VideoInfo, ...wanted: number[]) {
  return planSampling({ video: of, packets: of.packets, wanted: Uint32Array.from(wanted), allowed: 'auto' });
}

const CLOSED = '0K 2 1 4 3 5K 7 6 9 8 10K 12 11 14 13';
/** The second keyframe is followed by two pictures shown before it. */
const OPEN = '0K 1 2 5K 3 4 6 7 10K 8 9 11 12';

describe('planSampling', () => {
  it('decodes keyframes only where every sample is one', () => {
    expect(plan(video(CLOSED), 0, 5, 10)).toMatchObject({
      kind: 'keyframes',
      ranges: [
        { first: 0, last: 0 },
        { first: 5, last: 5 },
        { first: 10, last: 10 },
      ],
      packets: 3,
      packetsTotal: 15,
    });
  });

  it('decodes each group up to its last sample, and skips groups without one', () => {
    expect(plan(video(CLOSED), 1, 12)).toMatchObject({
      kind: 'groups',
      ranges: [
        { first: 0, last: 2 },
        { first: 10, last: 11 },
      ],
    });
  });

  it('joins groups that follow one another', () => {
    expect(plan(video(CLOSED), 3, 6).ranges).toEqual([{ first: 0, last: 7 }]);
  });

  it('begins before the keyframe for a picture shown before it', () => {
    expect(plan(video(OPEN), 4).ranges).toEqual([{ first: 0, last: 5 }]);
    const large = video(OPEN, { width: 7680, height: 4320 });
    expect(plan(large, 6).ranges).toEqual([
      { first: 0, last: 0 },
      { first: 3, last: 6 },
    ]);
  });

  it('decodes on through a short gap before an open group, which would need a decoder of its own', () => {
    const large = video(OPEN, { width: 7680, height: 4320 });
    expect(plan(video(OPEN), 0, 7).ranges).toEqual([{ first: 0, last: 7 }]);
    expect(plan(large, 0, 7).ranges).toEqual([
      { first: 0, last: 0 },
      { first: 3, last: 7 },
    ]);
  });

  it('knows an open group by any of the pictures that may come late, not by the first alone', () => {
    expect(plan(video('0K 1 2 5K 6 3 4 7 10K 8 9 11 12'), 0, 7).ranges).toEqual([{ first: 0, last: 7 }]);
  });

  it('decodes all where the samples need nearly everything and nothing can be left out', () => {
    const onlyP = '0K 1 2 3 4 5 6 7 8 9';
    expect(plan(video(onlyP), 0, 9)).toMatchObject({ kind: 'all', packets: 10, ranges: [] });
  });

  it('counts on leaving out B-pictures only where a packet tells that nobody refers to it', () => {
    const oneGroup = '0K 4 1 2 3 8 5 6 7 9';
    expect(plan(video(oneGroup), 0, 9).kind).toBe('groups');
    expect(plan(video(oneGroup, { codec: 'vp9' }), 0, 9).kind).toBe('all');
  });

  it.each([
    ['without a list of pictures', video(CLOSED, { packets: null })],
    ['for codecs it does not understand', video(CLOSED, { codec: 'mpeg4' })],
    ['for a sample before the first keyframe', video('0 1K 2 3')],
  ])('decodes all %s', (_, of) => {
    expect(plan(of, 0).kind).toBe('all');
  });

  it('decodes all when nothing else is allowed', () => {
    const { packets, ...rest } = video(CLOSED);
    const request = {
      video: { ...rest, packets },
      packets,
      wanted: Uint32Array.of(0),
      allowed: 'all',
    } as const;
    expect(planSampling(request)).toMatchObject({ kind: 'all', packets: 15 });
  });

  it('expects a plan to cost less the less it decodes', () => {
    const all = planAll(video(CLOSED), 'to compare');
    const groups = plan(video(CLOSED), 1, 12);
    const keyframes = plan(video(CLOSED), 0, 10);
    expect(all.estimatedCpuMs).toBeGreaterThan(groups.estimatedCpuMs);
    expect(groups.estimatedCpuMs).toBeGreaterThan(keyframes.estimatedCpuMs);
    expect(keyframes.estimatedCpuMs).toBeGreaterThan(0);
  });

  it('plans a six-hour video of one group in no time', () => {
    const pictures = 6 * 3600 * 30;
    const ranks = Uint32Array.from({ length: pictures }, (_, i) => i);
    const packets: PacketTable = {
      ranks,
      positions: Int32Array.from(ranks),
      keys: Uint8Array.from(ranks, (rank) => Number(rank === 0)),
      bytes: ranks,
      areKeysSeen: true,
    };
    const wanted = ranks.filter((rank) => rank % 60 === 0);
    expect(
      planSampling({ video: video('0K', { packets }), packets, wanted, allowed: 'auto' }).packetsTotal,
    ).toBe(pictures);
  });
});
