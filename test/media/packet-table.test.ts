import { describe, expect, it } from '@jest/globals';
import { DISCARD_FLAG, KEY_FLAG, type PacketColumns, PacketList } from '../../src/media/packet-columns.ts';
import { packetTable } from '../../src/media/packet-table.ts';

const timeBase = { numerator: 1, denominator: 25 };

function indexOf(times: number[], flags: number[]): PacketColumns {
  const packets = new PacketList();
  for (const [packet, ptsTicks] of times.entries()) {
    packets.push({ ptsTicks, durationTicks: 1, bytes: 100 + packet, flags: flags[packet] ?? 0 });
  }
  return packets.columns(timeBase);
}

describe('packetTable', () => {
  it('gives each packet its place in time', () => {
    const index = indexOf([0, 3, 1, 2], [KEY_FLAG, 0, 0, 0]);
    const timeline = { timeBase, ptsTicks: Float64Array.of(0, 1, 2, 3), endTicks: 4 };
    expect(packetTable(index, timeline, true)).toEqual({
      ranks: Uint32Array.of(0, 3, 1, 2),
      positions: Int32Array.of(0, 3, 1, 2),
      keys: Uint8Array.of(1, 0, 0, 0),
      areKeysSeen: true,
      bytes: Uint32Array.of(100, 101, 102, 103),
    });
  });

  it('gives hidden packets a rank but no position', () => {
    const index = indexOf([-2, -1, 0, 1], [KEY_FLAG | DISCARD_FLAG, DISCARD_FLAG, 0, 0]);
    const timeline = { timeBase, ptsTicks: Float64Array.of(0, 1), endTicks: 2 };
    const table = packetTable(index, timeline, true);
    expect(table?.ranks).toEqual(Uint32Array.of(0, 1, 2, 3));
    expect(table?.positions).toEqual(Int32Array.of(-1, -1, 0, 1));
    expect(table?.keys).toEqual(Uint8Array.of(1, 0, 0, 0));
  });

  it('is null when two packets share a time', () => {
    const index = indexOf([0, 0, 1, 1], [KEY_FLAG, 0, 0, 0]);
    expect(packetTable(index, { timeBase, ptsTicks: Float64Array.of(0, 1), endTicks: 2 }, true)).toBeNull();
  });
});
