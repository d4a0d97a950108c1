import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { type FeedRequest, feedPackets } from '../../src/media/packet-feed.ts';
import type { PacketSource } from '../../src/media/packet-source.ts';
import { ParameterSets } from '../../src/media/parameter-sets.ts';

const IDR = 0x65;
const INTRA_WITHOUT_IDR = 0x41;
const B_DISPOSABLE = 0x01;

function sourceOf(headers: readonly number[]): PacketSource {
  const numbers = [...headers.keys()];
  const keys = Uint8Array.from(headers, (header) => Number(header === IDR));
  return {
    table: {
      ranks: Uint32Array.from(numbers),
      positions: Int32Array.from(numbers),
      keys,
      bytes: new Uint32Array(headers.length),
      areKeysSeen: true,
    },
    namedKeys: keys,
    configuration: Uint8Array.of(1, 100, 0, 31, 0xff),
    width: 16,
    height: 16,
    rotationDegrees: 0,
    isMirrored: false,
    async *read({ first, last }) {
      for (let packet = first; packet <= last; packet++) {
        const header = headers[packet];
        if (header === undefined) throw new Error('the file has shrunk');
        yield { packet, data: Uint8Array.of(0, 0, 0, 2, header, packet) };
      }
    },
    close: () => {},
  };
}

function requestOf(
  headers: readonly number[],
  ranges: Array<[number, number]>,
  wanted: number[],
): FeedRequest {
  const source = sourceOf(headers);
  return {
    source,
    parameterSets: new ParameterSets(source, 'h264', new Set()),
    codec: 'h264',
    ranges: ranges.map(([first, last]) => ({ first, last })),
    wantedPackets: new Set(wanted),
  };
}

async function feed(headers: readonly number[], ranges: Array<[number, number]>, wanted: number[] = []) {
  const stdin = new PassThrough();
  const written = stdin.toArray();
  const report = await feedPackets(requestOf(headers, ranges, wanted), stdin);
  const bytes = Buffer.concat((await written) as Buffer[]);
  return { report, bytes };
}

describe('feedPackets', () => {
  it('begins with a header that names the codec', async () => {
    const { bytes } = await feed([IDR], [[0, 0]]);
    expect(bytes.subarray(0, 4)).toEqual(Buffer.of(0x1a, 0x45, 0xdf, 0xa3));
    expect(bytes.includes('V_MPEG4/ISO/AVC')).toBe(true);
  });

  it('leaves out pictures nobody refers to, unless they are wanted', async () => {
    const stream = [IDR, B_DISPOSABLE, B_DISPOSABLE, INTRA_WITHOUT_IDR];
    expect((await feed(stream, [[0, 3]], [2])).report.packets).toBe(3);
    expect((await feed(stream, [[0, 3]], [])).report).toEqual({ packets: 2, bytes: 12, ranges: 1 });
  });

  it('jumps to IDR pictures', async () => {
    const stream = [IDR, INTRA_WITHOUT_IDR, IDR, INTRA_WITHOUT_IDR];
    const ranges: Array<[number, number]> = [
      [0, 0],
      [2, 3],
    ];
    expect((await feed(stream, ranges)).report.packets).toBe(3);
  });

  it('ends rather than jump to a picture that is no IDR', async () => {
    const stream = [IDR, INTRA_WITHOUT_IDR, INTRA_WITHOUT_IDR];
    const ranges: Array<[number, number]> = [
      [0, 0],
      [2, 2],
    ];
    expect((await feed(stream, ranges)).report).toMatchObject({ packets: 1, ranges: 1 });
  });

  it('ends where the file does', async () => {
    expect((await feed([IDR], [[0, 5]])).report.packets).toBe(1);
  });

  it('ends when the decoder closes its end', async () => {
    const stdin = new PassThrough({ highWaterMark: 1 });
    stdin.once('data', () => stdin.destroy());
    const request = requestOf([IDR, INTRA_WITHOUT_IDR, INTRA_WITHOUT_IDR], [[0, 2]], []);
    expect((await feedPackets(request, stdin)).packets).toBeLessThan(3);
  });
});
