/** Reads single packets out of a video file, in this process, without touching the rest of it. */

import type { EncodedPacket, InputVideoTrack } from 'mediabunny';
import { EncodedPacketSink, FilePathSource, Input, MATROSKA, MP4, MPEG_TS, QTFF, WEBM } from 'mediabunny';
import type { PacketTable } from './packet-table.ts';
import type { PacketRange } from './sampling-plan.ts';

/** An open file and its first video stream. */
export interface PacketSource {
  /** The codec's configuration record; null when it stands in the packets. */
  readonly configuration: Uint8Array | null;
  /** Size of the stored picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Clockwise. */
  readonly rotationDegrees: number;
  /** Whether the picture is mirrored on top of that. */
  readonly isMirrored: boolean;
  /** The packets of a range, one after the other; the range must be one of those the source was opened for. */
  read(range: PacketRange): AsyncGenerator<{ packet: number; data: Uint8Array }, void>;
  close(): void;
}

/**
 * Opens the file and walks its index, comparing it packet by packet with what ffmpeg lists: two readers that agree on number, size and
 * kind of all packets speak of the same packets.
 * @param file absolute path
 * @returns null when the two disagree, or this reader does not understand the file: decoding everything is always right
 */
export async function openPacketSource(
  file: string,
  table: PacketTable,
  ranges: readonly PacketRange[],
  signal: AbortSignal,
): Promise<PacketSource | null> {
  const input = new Input({
    source: new FilePathSource(file),
    formats: [MP4, QTFF, MATROSKA, WEBM, MPEG_TS],
  });
  try {
    const [track] = await input.getVideoTracks();
    const starts = track === undefined ? null : await matchPackets(track, table, ranges, signal);
    if (track !== undefined && starts !== null) return await describe(input, track, starts);
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

/** The first packets of the ranges by their number; null when the reader's list is another one than the table. */
async function matchPackets(
  track: InputVideoTrack,
  { bytes, keys }: PacketTable,
  ranges: readonly PacketRange[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, EncodedPacket> | null> {
  const wanted = new Set(ranges.map(({ first }) => first));
  const starts = new Map<number, EncodedPacket>();
  const sink = new EncodedPacketSink(track);
  let number = 0;
  let packet = await sink.getFirstPacket({ metadataOnly: true });
  for (; packet !== null; number++) {
    if (packet.byteLength !== bytes[number] || (packet.type === 'key') !== (keys[number] === 1)) return null;
    if (wanted.has(number)) starts.set(number, packet);
    signal.throwIfAborted();
    packet = await sink.getNextPacket(packet, { metadataOnly: true });
  }
  return number === bytes.length ? starts : null;
}

async function describe(
  input: Input,
  track: InputVideoTrack,
  starts: ReadonlyMap<number, EncodedPacket>,
): Promise<PacketSource> {
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
      const start = starts.get(first);
      if (start === undefined) throw new RangeError(`packet ${first} is not the start of a range`);
      let packet = await sink.getKeyPacket(start.timestamp);
      if (packet?.sequenceNumber !== start.sequenceNumber)
        throw new RangeError(`packet ${first} cannot be found again`);
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
