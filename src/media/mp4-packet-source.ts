/**
 * Reads the packets of an MP4 from where its own index says they lie. A demultiplexer keeps an object for every picture, which are
 * 80 MB for a film of six hours; these are 5.
 */
import type { ByteRange } from '../byte-ranges.ts';
import type { Mp4Track } from './mp4-index.ts';
import { codecOf, keyframesProveThemselves, readMp4Track } from './mp4-packet-index.ts';
import { commonKeys, type PacketFile, type PacketSource } from './packet-source.ts';
import type { PacketTable } from './packet-table.ts';
import { PartialFile } from './partial-file.ts';
import type { PacketRange } from './sampling-plan.ts';

/** Packets are read many at once: each read goes to another thread and back, which costs more CPU time than to copy a packet. */
const STRETCH_BYTES = 262_144;
/** What lies between two packets, as the sound does, is read along up to this size. */
const GAP_BYTES = 65_536;

/** @returns null for a file that another reader has to be asked about: `readMp4PacketIndex` says which those are */
export async function openMp4PacketSource(packetFile: PacketFile): Promise<PacketSource | null> {
  const { file, table, parts } = packetFile;
  const track = await readMp4Track(file, table.bytes.length);
  const list = track === null ? null : matchSamples(track, table);
  if (track === null || list === null || !keyframesProveThemselves(codecOf(track))) return null;
  const { configuration, turn, width, height } = track;
  if (configuration === null || turn === null) return null;
  const content = await PartialFile.open(file, packetFile);
  return {
    table: { ...table, keys: parts === null ? commonKeys(list.keys, table.keys) : list.keys },
    namedKeys: list.keys,
    configuration,
    width,
    height,
    ...turn,
    async *read({ first, last }) {
      if (list.keys[first] !== 1) throw new RangeError(`packet ${first} is no keyframe`);
      const rangeOf = (packet: number): ByteRange => {
        const start = list.starts[packet] ?? Number.NaN;
        return { start, end: start + (table.bytes[packet] ?? 0) };
      };
      for (let packet = first; packet <= last; ) {
        const stretch = stretchFrom({ first: packet, last }, rangeOf, (range) => content.includes(range));
        const data = await content.read(stretch.bytes);
        for (; packet <= stretch.last; packet++) {
          const { start, end } = rangeOf(packet);
          yield { packet, data: data.subarray(start - stretch.bytes.start, end - stretch.bytes.start) };
        }
      }
    },
    close: () => content.close(),
  };
}

/** As many of the packets, from the first on, as lie one behind the other and fit into one read; the first in any case. */
function stretchFrom(
  { first, last }: PacketRange,
  rangeOf: (packet: number) => ByteRange,
  isThere: (range: ByteRange) => boolean,
): { readonly last: number; readonly bytes: ByteRange } {
  let bytes = rangeOf(first);
  let packet = first;
  for (; packet < last; packet++) {
    const { start, end } = rangeOf(packet + 1);
    const longer = { start: bytes.start, end };
    const isBehind = start >= bytes.end && start - bytes.end <= GAP_BYTES;
    if (!isBehind || end - bytes.start > STRETCH_BYTES || !isThere(longer)) break;
    bytes = longer;
  }
  return { last: packet, bytes };
}

/** Where each sample begins in the file, and which are keyframes; null where the table has other samples. */
function matchSamples(
  track: Mp4Track,
  { bytes }: PacketTable,
): { starts: Float64Array; keys: Uint8Array } | null {
  const starts = new Float64Array(bytes.length);
  const keys = new Uint8Array(bytes.length);
  let packet = 0;
  for (const { start, end, isKey } of track.samples()) {
    if (end - start !== bytes[packet]) return null;
    starts[packet] = start;
    keys[packet] = isKey ? 1 : 0;
    packet++;
  }
  return packet === bytes.length ? { starts, keys } : null;
}
