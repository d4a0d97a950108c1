/** Reads the packets of any container that mediabunny demultiplexes. */

import type { Input, InputVideoTrack } from 'mediabunny';
import { CustomSource, EncodedPacketSink, FilePathSource } from 'mediabunny';
import { demultiplex } from './demultiplexer.ts';
import { walksToItsEnd } from './demultiplexer-preflight.ts';
import { commonKeys, type PacketFile, type PacketSource } from './packet-source.ts';
import type { PacketTable } from './packet-table.ts';
import { type FileParts, PartialFile } from './partial-file.ts';

/** In transport streams the zero byte before a start code may be counted to either of the packets it stands between. */
const START_CODE_SLACK_BYTES = 1;

/** By ffmpeg's names. What a file of them claims costs more than its bytes: it is walked elsewhere first. */
const INDEXED_CONTAINERS: ReadonlySet<string> = new Set(['mov', 'matroska']);

/** @returns null when its list is another one than the table, the times of keyframes come again, or it does not understand the file */
export async function openDemuxedPacketSource(
  { file, table, container, parts, arrivals }: PacketFile,
  signal: AbortSignal,
): Promise<PacketSource | null> {
  if (INDEXED_CONTAINERS.has(container)) {
    const preflight = { file, maxPackets: table.bytes.length };
    if (!(await walksToItsEnd(preflight, signal))) return null;
  }
  const input = demultiplex(
    parts === null ? new FilePathSource(file) : await partialSource(file, { parts, arrivals }),
  );
  try {
    const [track] = await input.getVideoTracks();
    const list = track === undefined ? null : await matchPackets(track, table, signal);
    // Of the pictures of an MP4 that were not fetched ffmpeg knows nothing; a Matroska file lists only what is there.
    const areAllThere = parts === null || container === 'matroska';
    const keys = list !== null && areAllThere ? commonKeys(list.keys, table.keys) : list?.keys;
    if (track !== undefined && list !== null && keys !== undefined) {
      const reader = await readerOf(input, track, list.timesSeconds);
      return { table: { ...table, keys }, namedKeys: list.keys, ...reader };
    }
  } catch (error) {
    input.dispose();
    signal.throwIfAborted();
    // Whatever this reader stumbles over, ffmpeg has read the file: its way stays open.
    if (error instanceof Error) return null;
    throw error;
  }
  input.dispose();
  return null;
}

async function partialSource(file: string, fileParts: FileParts): Promise<CustomSource> {
  const content = await PartialFile.open(file, fileParts);
  return new CustomSource({
    getSize: () => content.size,
    read: async (start, end) => await content.read({ start, end }),
    dispose: () => content.close(),
  });
}

/** What the reader says of each packet. */
interface PacketList {
  /** By its own clock. */
  readonly timesSeconds: Float64Array;
  readonly keys: Uint8Array;
}

/**
 * The reader's list; null when it is another one than the table, and where the time of a keyframe comes again, as in joined streams: the
 * reader looks for keyframes by their times, and would find that of another part.
 */
async function matchPackets(
  track: InputVideoTrack,
  { bytes }: PacketTable,
  signal: AbortSignal,
): Promise<PacketList | null> {
  const timesSeconds = new Float64Array(bytes.length);
  const keys = new Uint8Array(bytes.length);
  const sink = new EncodedPacketSink(track);
  let latestKeySeconds = Number.NEGATIVE_INFINITY;
  let number = 0;
  let packet = await sink.getFirstPacket({ metadataOnly: true });
  for (; packet !== null; number++) {
    // A longer list than ffmpeg's fails here, too: its first packet too many has no size to compare with.
    const difference = Math.abs(packet.byteLength - (bytes[number] ?? Number.NaN));
    if (!(difference <= START_CODE_SLACK_BYTES)) return null;
    timesSeconds[number] = packet.timestamp;
    if (packet.type === 'key') {
      if (packet.timestamp <= latestKeySeconds) return null;
      latestKeySeconds = packet.timestamp;
      keys[number] = 1;
    }
    signal.throwIfAborted();
    packet = await sink.getNextPacket(packet, { metadataOnly: true });
  }
  return number === bytes.length ? { timesSeconds, keys } : null;
}

async function readerOf(
  input: Input,
  track: InputVideoTrack,
  timesSeconds: Float64Array,
): Promise<Omit<PacketSource, 'table' | 'namedKeys'>> {
  const sink = new EncodedPacketSink(track);
  const config = await track.getDecoderConfig();
  const description = config?.description as ArrayBuffer | ArrayBufferView | undefined;
  return {
    configuration: description === undefined ? null : bytesOf(description),
    width: await track.getCodedWidth(),
    height: await track.getCodedHeight(),
    rotationDegrees: await track.getRotation(),
    isMirrored: await track.getFlip(),
    async *read({ first, last }) {
      const timeSeconds = timesSeconds[first] ?? Number.NaN;
      let packet = await sink.getKeyPacket(timeSeconds);
      if (packet?.timestamp !== timeSeconds) throw new RangeError(`packet ${first} is no keyframe`);
      for (let number = first; packet !== null && number <= last; number++) {
        yield { packet: number, data: packet.data };
        if (number < last) packet = await sink.getNextPacket(packet);
      }
    },
    close: () => input.dispose(),
  };
}

function bytesOf(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
