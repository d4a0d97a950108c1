/**
 * Reads the packets of an MP4 from where its own index says they lie. A demultiplexer keeps an object for every picture, which are
 * 80 MB for a film of six hours; these are 5.
 */
import type { Mp4Track } from './mp4-index.ts';
import { codecOf, keyframesProveThemselves, readMp4Track } from './mp4-packet-index.ts';
import { commonKeys, type PacketFile, type PacketSource } from './packet-source.ts';
import type { PacketTable } from './packet-table.ts';
import { PartialFile } from './partial-file.ts';

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
      for (let packet = first; packet <= last; packet++) {
        const start = list.starts[packet] ?? Number.NaN;
        yield { packet, data: await content.read({ start, end: start + (table.bytes[packet] ?? 0) }) };
      }
    },
    close: () => content.close(),
  };
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
