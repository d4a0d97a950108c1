/** Which packet holds which picture: what a plan to decode less than everything is made from. */
import { DISCARD_FLAG, KEY_FLAG, type PacketColumns } from './packet-columns.ts';
import type { Timeline } from './timeline.ts';

/** One entry per packet of the video stream, in the order they are decoded. */
export interface PacketTable {
  /** Place of the packet among all packets in the order of their presentation times, hidden ones included. */
  readonly ranks: Uint32Array;
  /** Place of the packet's picture in the timeline; -1 for packets that are not shown. */
  readonly positions: Int32Array;
  /** 1 where decoding can begin, else 0. */
  readonly keys: Uint8Array;
  /** Whether that was seen in the packets; else the container names them, and they prove themselves when they are read. */
  readonly areKeysSeen: boolean;
  readonly bytes: Uint32Array;
}

/** For each picture of the timeline, by its position, the packet it is in. */
export function packetsByPosition({ positions }: PacketTable): Uint32Array {
  const shown = positions.reduce((count, position) => (position >= 0 ? count + 1 : count), 0);
  const packetAt = new Uint32Array(shown);
  for (const [packet, position] of positions.entries()) if (position >= 0) packetAt[position] = packet;
  return packetAt;
}

/** The table of an index in which every packet has a time; null when two packets share one (the two fields of a picture). */
export function packetTable(
  index: PacketColumns,
  timeline: Timeline,
  areKeysSeen: boolean,
): PacketTable | null {
  const { ptsTicks, flags } = index;
  const byTime = new Uint32Array(ptsTicks.length)
    .map((_, packet) => packet)
    .sort((a, b) => (ptsTicks[a] ?? 0) - (ptsTicks[b] ?? 0));
  const ranks = new Uint32Array(ptsTicks.length);
  const positions = new Int32Array(ptsTicks.length).fill(-1);
  let position = 0;
  let previous = Number.NaN;
  for (const [rank, packet] of byTime.entries()) {
    const pts = ptsTicks[packet];
    if (pts === previous || pts === undefined) return null;
    previous = pts;
    ranks[packet] = rank;
    const isShown = ((flags[packet] ?? 0) & DISCARD_FLAG) === 0 && pts === timeline.ptsTicks[position];
    if (isShown) positions[packet] = position++;
  }
  return {
    ranks,
    positions,
    keys: Uint8Array.from(flags, (flag) => flag & KEY_FLAG),
    areKeysSeen,
    bytes: Uint32Array.from(index.bytes),
  };
}
