/** Writes packets as a Matroska stream that ffmpeg can read from a pipe (RFC 9559), with picture numbers in the place of times. */
import { ELEMENT_ID } from './ebml.ts';

/** What a decoder must know before the first packet. */
export interface MatroskaTrack {
  /** ffmpeg's name: h264, hevc, vp8, vp9, av1. */
  readonly codec: string;
  /** The codec's configuration record; null when it stands in the packets. */
  readonly configuration: Uint8Array | null;
  /** Size of the stored picture, in pixels. */
  readonly width: number;
  readonly height: number;
}

const CODEC_IDS: Readonly<Record<string, string>> = {
  h264: 'V_MPEG4/ISO/AVC',
  hevc: 'V_MPEGH/ISO/HEVC',
  vp8: 'V_VP8',
  vp9: 'V_VP9',
  av1: 'V_AV1',
};

/** Whether packets of this codec can be written. */
export function isMatroskaCodec(codec: string): boolean {
  return codec in CODEC_IDS;
}

/** A segment that ends with the stream. */
const UNKNOWN_SIZE = Uint8Array.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
/** Nanoseconds per tick: a picture number counts as a millisecond. */
const TICK_NANOSECONDS = 1_000_000;

/** What the stream begins with. */
export function matroskaHeader({ codec, configuration, width, height }: MatroskaTrack): Uint8Array {
  const track = [
    element(ELEMENT_ID.trackNumber, unsigned(1)),
    element(ELEMENT_ID.trackUid, unsigned(1)),
    element(ELEMENT_ID.trackType, unsigned(1)),
    element(ELEMENT_ID.codecId, Buffer.from(CODEC_IDS[codec] ?? '')),
    ...(configuration === null ? [] : [element(ELEMENT_ID.codecPrivate, configuration)]),
    element(
      ELEMENT_ID.video,
      element(ELEMENT_ID.pixelWidth, unsigned(width)),
      element(ELEMENT_ID.pixelHeight, unsigned(height)),
    ),
  ];
  return Buffer.concat([
    element(ELEMENT_ID.ebml, element(ELEMENT_ID.docType, Buffer.from('matroska'))),
    bigEndian(ELEMENT_ID.segment),
    UNKNOWN_SIZE,
    element(ELEMENT_ID.info, element(ELEMENT_ID.timestampScale, unsigned(TICK_NANOSECONDS))),
    element(ELEMENT_ID.tracks, element(ELEMENT_ID.trackEntry, ...track)),
  ]);
}

/**
 * What comes before the data of one packet, which is in a cluster of its own so that its number can be anything. The data are not copied:
 * megabytes a second of garbage would cost more than all else here.
 */
export function matroskaPacketHead(number: number, isKey: boolean, dataBytes: number): Uint8Array {
  const timestamp = element(ELEMENT_ID.timestamp, unsigned(number));
  const blockHeader = Uint8Array.of(0x81, 0, 0, isKey ? 0x80 : 0);
  const block = [bigEndian(ELEMENT_ID.simpleBlock), dataSize(blockHeader.length + dataBytes), blockHeader];
  const contentBytes = [timestamp, ...block].reduce((sum, part) => sum + part.length, dataBytes);
  return Buffer.concat([bigEndian(ELEMENT_ID.cluster), dataSize(contentBytes), timestamp, ...block]);
}

function element(id: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([bigEndian(id), dataSize(length), ...content]);
}

/** A length in eight bytes: valid for every size, and its few spare bytes cost nothing here. */
function dataSize(length: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  bytes[0] = 0x01;
  return bytes;
}

function unsigned(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function bigEndian(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}
