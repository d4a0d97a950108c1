import { describe, expect, it } from '@jest/globals';
import type { PacketSource } from '../../src/media/packet-source.ts';
import { ParameterSets } from '../../src/media/parameter-sets.ts';

type Unit = readonly number[];

const SPS: Unit = [0x67, 1];
const PPS: Unit = [0x68, 1];
const OTHER_SPS: Unit = [0x67, 2, 2];
const OTHER_PPS: Unit = [0x68, 2];
const SEI: Unit = [0x06, 5];
const SLICE: Unit = [0x41, 9, 9, 9];

const AVC = Uint8Array.of(1, 100, 0, 31, 0xff);

function packet(...units: readonly Unit[]): Uint8Array {
  return Uint8Array.from(units.flatMap((unit) => [0, 0, 0, unit.length, ...unit]));
}

function behindStartCodes(...units: readonly Unit[]): Uint8Array {
  return Uint8Array.from(units.flatMap((unit) => [0, 0, 0, 1, ...unit]));
}

/** A source of the given packets, all of them keyframes but for those that are null, and which of them were read. */
function sourceOf(packets: ReadonlyArray<Uint8Array | null>, configuration: Uint8Array | null = AVC) {
  const wasRead: number[] = [];
  const numbers = [...packets.keys()];
  const keys = Uint8Array.from(packets, (data) => Number(data !== null));
  const source: PacketSource = {
    table: {
      ranks: Uint32Array.from(numbers),
      positions: Int32Array.from(numbers),
      keys,
      areKeysSeen: true,
      bytes: new Uint32Array(packets.length),
    },
    namedKeys: keys,
    configuration,
    width: 16,
    height: 16,
    rotationDegrees: 0,
    isMirrored: false,
    async *read({ first }) {
      wasRead.push(first);
      const data = packets[first];
      if (data === undefined || data === null) throw new RangeError('that part was not fetched');
      yield { packet: first, data };
    },
    close: () => {},
  };
  return { source, wasRead };
}

/** A keyframe that is jumped to from the first packet. */
async function jump(packets: ReadonlyArray<Uint8Array | null>, to: number, breaks: readonly number[] = []) {
  const { source, wasRead } = sourceOf(packets);
  const sets = new ParameterSets(source, 'h264', new Set(breaks));
  sets.see(0, packets[0] ?? new Uint8Array());
  const data = await sets.atEntry(to, packets[to] ?? new Uint8Array());
  return { data: Uint8Array.from(data), wasRead };
}

describe('ParameterSets', () => {
  it('reads nothing where they stand in the configuration record', async () => {
    const { data, wasRead } = await jump([packet(SEI, SLICE), packet(SPS, PPS, SLICE), packet(SLICE)], 2);
    expect(data).toEqual(packet(SLICE));
    expect(wasRead).toEqual([]);
  });

  it('reads nothing for a keyframe that brings its own', async () => {
    const own = packet(OTHER_SPS, OTHER_PPS, SLICE);
    const { data, wasRead } = await jump([packet(SPS, PPS, SLICE), packet(SLICE), own], 2);
    expect(data).toEqual(own);
    expect(wasRead).toEqual([]);
  });

  it('puts those of the keyframes that were left out before one that brings none', async () => {
    const joined = packet(SEI, OTHER_SPS, OTHER_PPS, SLICE);
    const { data, wasRead } = await jump([packet(SPS, PPS, SLICE), null, joined, null, packet(SLICE)], 4);
    expect(data).toEqual(packet(SPS, PPS, OTHER_SPS, OTHER_PPS, SLICE));
    expect(wasRead).toEqual([2]);
  });

  it('reads each keyframe once, and keeps a set that comes again where it came last', async () => {
    const clip = packet(SPS, PPS, SLICE);
    const { source, wasRead } = sourceOf([clip, packet(OTHER_SPS, OTHER_PPS, SLICE), clip, packet(SLICE)]);
    const sets = new ParameterSets(source, 'h264', new Set());
    sets.see(0, clip);
    const expected = packet(OTHER_SPS, OTHER_PPS, SPS, PPS, SLICE);
    expect(Uint8Array.from(await sets.atEntry(3, packet(SLICE)))).toEqual(expected);
    expect(Uint8Array.from(await sets.atEntry(3, packet(SLICE)))).toEqual(expected);
    expect(wasRead).toEqual([1, 2]);
  });

  it('finds them behind start codes, and writes such', async () => {
    const first = behindStartCodes(SPS, PPS, SLICE);
    const { source } = sourceOf([first, behindStartCodes(SLICE)], null);
    const sets = new ParameterSets(source, 'h264', new Set());
    sets.see(0, first);
    const data = await sets.atEntry(1, behindStartCodes(SLICE));
    // The zero byte before a start code of three bytes may be counted to the unit before it.
    expect(Buffer.from(data).toString('hex').replaceAll('0000000001', '00000001')).toBe(
      Buffer.from(behindStartCodes(SPS, PPS, SLICE)).toString('hex'),
    );
  });

  it('knows those of HEVC', async () => {
    const [vps, sps, pps, slice] = [32, 33, 34, 21].map((type): Unit => [type << 1, 1, 7]);
    const all = [vps, sps, pps] as Unit[];
    const record = new Uint8Array(23).fill(3, 21, 22);
    const first = packet(...all, slice as Unit);
    const { source } = sourceOf([first, packet(slice as Unit)], record);
    const sets = new ParameterSets(source, 'hevc', new Set());
    sets.see(0, first);
    expect(Uint8Array.from(await sets.atEntry(1, packet(slice as Unit)))).toEqual(first);
    expect(await sets.atEntry(1, first)).toBe(first);
  });

  it('fails where keyframes before the one that is jumped to were not fetched, or may be missing', async () => {
    const first = packet(SPS, PPS, SLICE);
    const { source } = sourceOf([first]);
    const withKey = { ...source, namedKeys: Uint8Array.of(1, 1, 1) };
    const sets = new ParameterSets(withKey, 'h264', new Set());
    sets.see(0, first);
    await expect(sets.atEntry(2, packet(SLICE))).rejects.toThrow(RangeError);
    await expect(jump([first, packet(SLICE), packet(SLICE)], 2, [2])).rejects.toThrow(RangeError);
  });

  it('fails where a stream brings more than it may keep', async () => {
    const first = packet(SPS, PPS, SLICE);
    const { source } = sourceOf([first, packet(SLICE)]);
    const sets = new ParameterSets(source, 'h264', new Set());
    const other = (n: number) => packet([0x68, ...Array<number>(200).fill(n)], SLICE);
    for (let n = 0; n < 250; n++) sets.see(0, other(n));
    await expect(sets.atEntry(1, packet(SLICE))).resolves.toBeDefined();
    for (let n = 0; n < 250; n++) sets.see(0, packet([0x68, n, ...Array<number>(200).fill(n)], SLICE));
    await expect(sets.atEntry(1, packet(SLICE))).rejects.toThrow(RangeError);
  });
});
