/** The elements a Matroska or WebM file is made of (RFC 8794): their ids, and how they are read. */

export interface EbmlElement {
  /** With its length marker, as the standards print it. */
  readonly id: number;
  /** Of the header, of the content, and of what follows, counted from the start of the file. */
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

/** Element ids of RFC 8794 (EBML) and RFC 9559 (Matroska), with their length markers. */
export const ELEMENT_ID = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  void: 0xec,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  defaultDuration: 0x23e383,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  cues: 0x1c53bb6b,
  cuePoint: 0xbb,
  cueTime: 0xb3,
  cueTrackPositions: 0xb7,
  cueTrack: 0xf7,
  cueClusterPosition: 0xf1,
};

/** Longest header: four bytes of id, eight of size. */
export const ELEMENT_HEADER_BYTES = 12;

/**
 * The element whose header stands at `start`.
 * @param bytes those of the file from its byte `base` on
 * @param limit where the surrounding element, or the file, ends
 * @returns null for what is no element, and for one that does not say where it ends
 */
export function elementAt(bytes: Uint8Array, start: number, limit: number, base = 0): EbmlElement | null {
  const at = start - base;
  const idBytes = leadingZeros(bytes[at]) + 1;
  const sizeBytes = leadingZeros(bytes[at + idBytes]) + 1;
  const contentStart = start + idBytes + sizeBytes;
  if (at < 0 || idBytes > 4 || sizeBytes > 8 || contentStart - base > bytes.length) return null;
  const id = unsignedAt(bytes, at, idBytes);
  // The first bit that is set is a marker.
  const size = unsignedAt(bytes, at + idBytes, sizeBytes, 0xff >> sizeBytes);
  const isUnknown = size === 2 ** (7 * sizeBytes) - 1;
  const end = contentStart + size;
  return isUnknown || !(end <= limit) ? null : { id, start, contentStart, end };
}

/** The elements inside one, as far as they are any. */
export function* elementsIn(
  bytes: Uint8Array,
  { contentStart, end }: EbmlElement,
  base = 0,
): Generator<EbmlElement, void> {
  let element = elementAt(bytes, contentStart, end, base);
  while (element !== null) {
    yield element;
    element = elementAt(bytes, element.end, end, base);
  }
}

/** The elements inside one as unsigned numbers, by their ids. */
export function unsignedFieldsOf(bytes: Uint8Array, parent: EbmlElement): ReadonlyMap<number, number> {
  return new Map(Array.from(elementsIn(bytes, parent), (field) => [field.id, unsignedOf(bytes, field)]));
}

/** The content as an unsigned number. */
export function unsignedOf(bytes: Uint8Array, { contentStart, end }: EbmlElement, base = 0): number {
  return unsignedAt(bytes, contentStart - base, end - contentStart);
}

function unsignedAt(bytes: Uint8Array, at: number, length: number, firstMask = 0xff): number {
  let value = (bytes[at] ?? 0) & firstMask;
  for (let i = 1; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

/** 32 where there is no byte: longer than any header. */
function leadingZeros(byte: number | undefined): number {
  return byte === undefined || byte === 0 ? 32 : Math.clz32(byte) - 24;
}
