/** Tells from a packet's first bits whether other pictures are built on its picture, and whether decoding can begin afresh there. */
import { hasNalUnits, isParameterSet, isSlice, nalUnits, nalUnitType } from './nal-units.ts';

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
 * sub-layer non-reference pictures (7.4.2.2). What comes with parameter sets is kept, since later pictures may use those. VP8, VP9 and AV1 carry probabilities from picture to picture: there, everything is needed.
 */
export function isDisposable(packet: Uint8Array, format: BitstreamFormat): boolean {
  const { codec, nalLengthBytes } = format;
  if (!hasNalUnits(codec) || (codec === 'hevc' && !format.hasOneTemporalLayer)) return false;
  let slices = 0;
  for (const unit of nalUnits(packet, nalLengthBytes)) {
    const type = nalUnitType(unit, codec);
    if (isParameterSet(type, codec)) return false;
    if (!isSlice(type, codec)) continue;
    const isReferredTo = codec === 'h264' ? ((unit[0] ?? 0) & 0x60) !== 0 : type > 14 || type % 2 === 1;
    if (isReferredTo) return false;
    slices++;
  }
  return slices > 0;
}

/**
 * Whether an H.264 picture may be shown before one decoded earlier: whether its first slice is a B slice (7.4.3). The number of its first
 * macroblock, 0, and its type, 1 or 6, are coded in the first bits behind the header: 1 010 and 1 00111.
 */
export function isBPicture(packet: Uint8Array, { codec, nalLengthBytes }: BitstreamFormat): boolean {
  if (codec !== 'h264') return false;
  for (const unit of nalUnits(packet, nalLengthBytes)) {
    if (!isSlice(nalUnitType(unit, codec), codec)) continue;
    const bits = unit[1] ?? 0;
    return bits >> 4 === 0b1010 || bits >> 2 === 0b100111;
  }
  return false;
}

/**
 * How decoding can begin at a keyframe:
 * - `anywhere`: it clears what came before, so that a decoder in use can go on here (IDR pictures; VP8, VP9 and AV1 keyframes)
 * - `new-decoder`: what follows is right once nothing from before is left (H.264 recovery points at the picture itself, HEVC's other
 *   random access points)
 * - `never`: an intra picture, or the first of several that refresh the picture piece by piece: pictures after it may need earlier ones
 */
export type EntryPoint = 'anywhere' | 'new-decoder' | 'never';

export function entryPoint(packet: Uint8Array, { codec, nalLengthBytes }: BitstreamFormat): EntryPoint {
  if (!hasNalUnits(codec)) return 'anywhere';
  let entry: EntryPoint = 'never';
  for (const unit of nalUnits(packet, nalLengthBytes)) {
    const type = nalUnitType(unit, codec);
    if (codec === 'h264') {
      if (type === H264_IDR) return 'anywhere';
      if (type === H264_SEI && isImmediateRecoveryPoint(unit)) entry = 'new-decoder';
    } else {
      if (type === HEVC_IDR_W_RADL || type === HEVC_IDR_N_LP) return 'anywhere';
      if (type >= HEVC_FIRST_RANDOM_ACCESS && type <= HEVC_LAST_RANDOM_ACCESS) entry = 'new-decoder';
    }
  }
  return entry;
}

const H264_IDR = 5;
const H264_SEI = 6;
const SEI_RECOVERY_POINT = 6;
const HEVC_FIRST_RANDOM_ACCESS = 16;
const HEVC_IDR_W_RADL = 19;
const HEVC_IDR_N_LP = 20;
const HEVC_LAST_RANDOM_ACCESS = 21;

/** Whether an SEI unit says that pictures are right from here on (H.264, D.2.8: recovery_frame_cnt is 0, a single 1 bit). */
function isImmediateRecoveryPoint(unit: Uint8Array): boolean {
  let offset = 1;
  while (offset + 2 < unit.length) {
    let type = 0;
    while (unit[offset] === 0xff && offset < unit.length) type += unit[offset++] ?? 0;
    type += unit[offset++] ?? 0;
    let size = 0;
    while (unit[offset] === 0xff && offset < unit.length) size += unit[offset++] ?? 0;
    size += unit[offset++] ?? 0;
    if (type === SEI_RECOVERY_POINT) return ((unit[offset] ?? 0) & 0x80) !== 0;
    offset += size;
  }
  return false;
}
