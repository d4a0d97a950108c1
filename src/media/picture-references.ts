/** Tells from a packet's first bits whether other pictures are built on its picture, and whether decoding can begin afresh there. */

/** How the packets of a stream are read. */
export interface BitstreamFormat {
  /** ffmpeg's name: h264, hevc, vp8, vp9, av1. */
  readonly codec: string;
  /** Bytes of the length before each NAL unit; null for start codes (ITU-T H.264 and H.265, annex B) and codecs without NAL units. */
  readonly nalLengthBytes: number | null;
  /** HEVC: whether all pictures belong to one temporal sub-layer. Only then do its non-reference types say that nobody needs them. */
  readonly hasOneTemporalLayer: boolean;
}

/** Reads the format from the codec's configuration record (avcC or hvcC, ISO/IEC 14496-15), or the lack of one. */
export function bitstreamFormat(codec: string, configuration: Uint8Array | null): BitstreamFormat {
  const lengthByte = { h264: 4, hevc: 21 }[codec];
  if (lengthByte === undefined || configuration === null) {
    return { codec, nalLengthBytes: null, hasOneTemporalLayer: false };
  }
  const byte = configuration[lengthByte] ?? 0;
  return { codec, nalLengthBytes: (byte & 3) + 1, hasOneTemporalLayer: ((byte >> 3) & 7) === 1 };
}

/**
 * Whether no other picture refers to this one, so that it can be left out without a trace: H.264 slices with nal_ref_idc 0 (7.4.1), HEVC
 * sub-layer non-reference pictures (7.4.2.2). VP8, VP9 and AV1 carry probabilities from picture to picture: there, everything is needed.
 */
export function isDisposable(packet: Uint8Array, format: BitstreamFormat): boolean {
  if (format.codec !== 'h264' && format.codec !== 'hevc') return false;
  if (format.codec === 'hevc' && !format.hasOneTemporalLayer) return false;
  let slices = 0;
  for (const header of nalHeaders(packet, format.nalLengthBytes)) {
    if (format.codec === 'h264') {
      const type = header & 0x1f;
      if (type < 1 || type > 5) continue;
      if ((header & 0x60) !== 0) return false;
    } else {
      const type = (header >> 1) & 0x3f;
      if (type > 31) continue;
      if (type > 14 || type % 2 === 1) return false;
    }
    slices++;
  }
  return slices > 0;
}

/**
 * Whether a decoder that has just decoded something else can go on here as if it had started here: only IDR pictures clear what came
 * before in H.264 (type 5) and HEVC (types 19 and 20); the keyframes of the other codecs all do.
 */
export function isFreshStart(packet: Uint8Array, { codec, nalLengthBytes }: BitstreamFormat): boolean {
  if (codec !== 'h264' && codec !== 'hevc') return true;
  for (const header of nalHeaders(packet, nalLengthBytes)) {
    const isIdr =
      codec === 'h264' ? (header & 0x1f) === 5 : (header & 0x7e) >> 1 === 19 || (header & 0x7e) >> 1 === 20;
    if (isIdr) return true;
  }
  return false;
}

/** The first byte of every NAL unit. */
function* nalHeaders(packet: Uint8Array, nalLengthBytes: number | null): Generator<number, void> {
  if (nalLengthBytes === null) {
    for (let i = 0; i + 3 < packet.length; i++) {
      if (packet[i] === 0 && packet[i + 1] === 0 && packet[i + 2] === 1) yield packet[i + 3] ?? 0;
    }
    return;
  }
  let offset = 0;
  while (offset + nalLengthBytes < packet.length) {
    let length = 0;
    for (let i = 0; i < nalLengthBytes; i++) length = length * 256 + (packet[offset + i] ?? 0);
    yield packet[offset + nalLengthBytes] ?? 0;
    offset += nalLengthBytes + length;
  }
}
