import { describe, expect, it } from '@jest/globals';
import {
  type BitstreamFormat,
  bitstreamFormat,
  entryPoint,
  isBPicture,
  isDisposable,
} from '../../src/media/picture-references.ts';

const avc: BitstreamFormat = { codec: 'h264', nalLengthBytes: 4, hasOneTemporalLayer: false };
const hevc: BitstreamFormat = { codec: 'hevc', nalLengthBytes: 4, hasOneTemporalLayer: true };

/** A packet of NAL units of five bytes each, given by their first byte. */
function packetOf(...headers: number[]): Uint8Array {
  return Uint8Array.from(headers.flatMap((header) => [0, 0, 0, 5, header, 1, 2, 3, 4]));
}

const SEI = 0x06;
const IDR = 0x65;
const P_REFERENCE = 0x41;
const B_DISPOSABLE = 0x01;
const hevcHeader = (type: number) => type << 1;

describe('isDisposable', () => {
  it('holds for H.264 pictures whose slices nobody refers to', () => {
    expect(isDisposable(packetOf(SEI, B_DISPOSABLE, B_DISPOSABLE), avc)).toBe(true);
    expect(isDisposable(packetOf(P_REFERENCE), avc)).toBe(false);
    expect(isDisposable(packetOf(IDR), avc)).toBe(false);
  });

  it('needs every slice of the picture to say so', () => {
    expect(isDisposable(packetOf(B_DISPOSABLE, P_REFERENCE), avc)).toBe(false);
  });

  it('finds NAL units behind start codes', () => {
    const annexB = { ...avc, nalLengthBytes: null };
    expect(isDisposable(Uint8Array.of(0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, B_DISPOSABLE, 9), annexB)).toBe(true);
    expect(isDisposable(Uint8Array.of(0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, P_REFERENCE, 9), annexB)).toBe(false);
  });

  it('holds for HEVC non-reference pictures of a stream with one temporal layer', () => {
    expect(isDisposable(packetOf(hevcHeader(0)), hevc)).toBe(true);
    expect(isDisposable(packetOf(hevcHeader(8)), hevc)).toBe(true);
    expect(isDisposable(packetOf(hevcHeader(1)), hevc)).toBe(false);
    expect(isDisposable(packetOf(hevcHeader(19)), hevc)).toBe(false);
    expect(isDisposable(packetOf(hevcHeader(0)), { ...hevc, hasOneTemporalLayer: false })).toBe(false);
  });

  it('does not hold for pictures that bring parameter sets, which later ones may use', () => {
    for (const type of [7, 8, 13, 15])
      expect(isDisposable(packetOf(0x60 | type, B_DISPOSABLE), avc)).toBe(false);
    for (const type of [32, 33, 34]) {
      expect(isDisposable(packetOf(hevcHeader(type), hevcHeader(0)), hevc)).toBe(false);
    }
    const annexB = { ...avc, nalLengthBytes: null };
    expect(isDisposable(Uint8Array.of(0, 0, 1, 0x68, 9, 0, 0, 1, B_DISPOSABLE, 9), annexB)).toBe(false);
  });

  it('holds whatever delimiters and messages the picture comes with', () => {
    const [h264Delimiter, hevcDelimiter, hevcMessage] = [0x09, hevcHeader(35), hevcHeader(39)];
    expect(isDisposable(packetOf(h264Delimiter, SEI, B_DISPOSABLE), avc)).toBe(true);
    expect(isDisposable(packetOf(hevcDelimiter, hevcMessage, hevcHeader(0)), hevc)).toBe(true);
  });

  it('never holds for codecs that learn from every picture', () => {
    expect(isDisposable(packetOf(B_DISPOSABLE), { ...avc, codec: 'vp9' })).toBe(false);
  });

  it('does not hold for packets without a picture, or cut off', () => {
    expect(isDisposable(packetOf(SEI), avc)).toBe(false);
    expect(isDisposable(new Uint8Array(0), avc)).toBe(false);
    expect(isDisposable(Uint8Array.of(0, 0), avc)).toBe(false);
  });
});

describe('isBPicture', () => {
  const pictureOf = (bits: number) => Uint8Array.of(0, 0, 0, 2, SEI, 5, 0, 0, 0, 3, P_REFERENCE, bits, 0);

  it('holds for pictures whose first slice is a B slice', () => {
    for (const bits of [0b1010_1111, 0b1_00111_11]) expect(isBPicture(pictureOf(bits), avc)).toBe(true);
    // P, I, and those that speak for all slices of the picture.
    for (const bits of [0b11_000000, 0b1011_0000, 0b1_00110_00, 0b1_0001000])
      expect(isBPicture(pictureOf(bits), avc)).toBe(false);
  });

  it('does not hold for packets without a picture, and for other codecs', () => {
    expect(isBPicture(packetOf(SEI), avc)).toBe(false);
    expect(isBPicture(pictureOf(0b1010_0000), hevc)).toBe(false);
  });
});

describe('entryPoint', () => {
  /** An SEI unit with a user-data message and a recovery point, whose count of pictures until recovery is coded in `bits`. */
  const recoveryPoint = (bits: number) =>
    Uint8Array.of(0, 0, 0, 7, SEI, 5, 1, 0xaa, 6, 1, bits, 0, 0, 0, 1, P_REFERENCE);

  it('is anywhere for pictures that clear what came before', () => {
    expect(entryPoint(packetOf(SEI, IDR), avc)).toBe('anywhere');
    expect(entryPoint(packetOf(hevcHeader(19)), hevc)).toBe('anywhere');
    expect(entryPoint(packetOf(hevcHeader(20)), hevc)).toBe('anywhere');
    expect(entryPoint(Uint8Array.of(1, 2, 3), { ...avc, codec: 'vp9' })).toBe('anywhere');
  });

  it('takes a new decoder for pictures others may look back across', () => {
    expect(entryPoint(recoveryPoint(0b1000_0000), avc)).toBe('new-decoder');
    expect(entryPoint(packetOf(hevcHeader(21)), hevc)).toBe('new-decoder');
  });

  it('is never for pictures that only begin to refresh, or claim to be keyframes', () => {
    expect(entryPoint(recoveryPoint(0b0100_0000), avc)).toBe('never');
    expect(entryPoint(packetOf(P_REFERENCE), avc)).toBe('never');
    expect(entryPoint(packetOf(hevcHeader(1)), hevc)).toBe('never');
    expect(entryPoint(Uint8Array.of(0, 0, 0, 3, SEI, 6, 9), avc)).toBe('never');
  });
});

describe('bitstreamFormat', () => {
  it('reads the configuration records of H.264 and HEVC', () => {
    expect(bitstreamFormat('h264', Uint8Array.of(1, 100, 0, 31, 0xff))).toMatchObject({ nalLengthBytes: 4 });
    const record = new Uint8Array(23);
    record[21] = 0b00_001_1_11;
    expect(bitstreamFormat('hevc', record)).toEqual({
      codec: 'hevc',
      nalLengthBytes: 4,
      hasOneTemporalLayer: true,
    });
  });

  it('takes the lack of a record for start codes', () => {
    expect(bitstreamFormat('h264', null).nalLengthBytes).toBeNull();
    expect(bitstreamFormat('vp9', new Uint8Array(30)).nalLengthBytes).toBeNull();
  });
});
