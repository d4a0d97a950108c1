/** The units that H.264 and HEVC packets consist of (ITU-T H.264 and H.265, 7.3.1). */

/** Codecs with NAL units, by ffmpeg's names. */
export type NalCodec = 'h264' | 'hevc';

export function hasNalUnits(codec: string): codec is NalCodec {
  return codec === 'h264' || codec === 'hevc';
}

/** Those without which no picture can be decoded: of the sequence and the picture, in HEVC also of the video. */
export const NEEDED_SETS: Readonly<Record<NalCodec, readonly number[]>> = {
  h264: [7, 8],
  hevc: [32, 33, 34],
};
/** With extensions and subsets of those of the sequence. */
const PARAMETER_SETS: Readonly<Record<NalCodec, ReadonlySet<number>>> = {
  h264: new Set([...NEEDED_SETS.h264, 13, 15]),
  hevc: new Set(NEEDED_SETS.hevc),
};

/** What a unit is (H.264, table 7-1; H.265, table 7-1). */
export function nalUnitType([header = 0]: Uint8Array, codec: NalCodec): number {
  return codec === 'h264' ? header & 0x1f : (header >> 1) & 0x3f;
}

export function isParameterSet(type: number, codec: NalCodec): boolean {
  return PARAMETER_SETS[codec].has(type);
}

/** Whether a unit is a part of the picture itself. */
export function isSlice(type: number, codec: NalCodec): boolean {
  return codec === 'h264' ? type >= 1 && type <= 5 : type <= 31;
}

/**
 * The units of a packet.
 * @param nalLengthBytes bytes of the length before each; null for start codes, behind which each reaches to the end of the packet
 */
export function* nalUnits(packet: Uint8Array, nalLengthBytes: number | null): Generator<Uint8Array, void> {
  if (nalLengthBytes === null) {
    for (let i = 0; i + 3 < packet.length; i++) {
      if (packet[i] === 0 && packet[i + 1] === 0 && packet[i + 2] === 1) yield packet.subarray(i + 3);
    }
    return;
  }
  let offset = 0;
  while (offset + nalLengthBytes < packet.length) {
    let length = 0;
    for (let i = 0; i < nalLengthBytes; i++) length = length * 256 + (packet[offset + i] ?? 0);
    offset += nalLengthBytes;
    yield packet.subarray(offset, offset + length);
    offset += length;
  }
}
