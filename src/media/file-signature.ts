/** Tells from a file's first bytes what it is, so that a file that is no video is refused by its own name before a decoder sees it. */

/** How many bytes from the start of a file `fileSignature` looks at. */
export const SIGNATURE_BYTES = 512;

export interface FileSignature {
  /** `video`: a container this worker decodes; `other`: known to be something else; `unknown`: ffmpeg will tell. */
  readonly kind: 'video' | 'other' | 'unknown';
  /** What the file is, for a message: "a PNG image". */
  readonly name: string;
}

/** Major brands of ISO base media files that hold a picture, not a film (ISO/IEC 23008-12, AV1 Image File Format). */
const STILL_IMAGE_BRANDS: ReadonlySet<string> = new Set(['avif', 'mif1', 'heic', 'heix', 'heim', 'heis']);

/** Leading bytes, as latin-1 text, of what is most often sent in place of a video. */
const NOT_A_VIDEO: ReadonlyArray<readonly [magic: string, name: string]> = [
  ['\xff\xd8\xff', 'a JPEG image'],
  ['\x89PNG\r\n', 'a PNG image'],
  ['GIF8', 'a GIF image'],
  ['BM', 'a BMP image'],
  ['II*\0', 'a TIFF image'],
  ['MM\0*', 'a TIFF image'],
  ['#EXTM3U', 'an HLS playlist, not the video it names'],
  ['ffconcat', 'an ffconcat script, not the video it names'],
  ['%PDF', 'a PDF document'],
  ['PK\x03\x04', 'a ZIP archive'],
  ['\x1f\x8b', 'a gzip archive'],
  ['ID3', 'an audio file'],
  ['fLaC', 'an audio file'],
];

/** Names what a file is from its first bytes (at most `SIGNATURE_BYTES` of them are looked at). */
export function fileSignature(head: Uint8Array): FileSignature {
  const text = Buffer.from(head.subarray(0, SIGNATURE_BYTES)).toString('latin1');

  if (text.startsWith('ftyp', 4)) {
    return STILL_IMAGE_BRANDS.has(text.slice(8, 12))
      ? { kind: 'other', name: 'a still image (AVIF or HEIF)' }
      : { kind: 'video', name: 'an MP4 or QuickTime file' };
  }
  if (['moov', 'mdat', 'wide', 'free', 'skip'].includes(text.slice(4, 8))) {
    return { kind: 'video', name: 'a QuickTime file' };
  }
  if (text.startsWith('\x1a\x45\xdf\xa3')) return { kind: 'video', name: 'a Matroska or WebM file' };
  if (text.startsWith('RIFF')) {
    if (text.startsWith('AVI ', 8)) return { kind: 'video', name: 'an AVI file' };
    return { kind: 'other', name: text.startsWith('WEBP', 8) ? 'a WebP image' : 'an audio file' };
  }
  if (text.startsWith('FLV')) return { kind: 'video', name: 'an FLV file' };
  if (text.startsWith('\0\0\x01\xba')) return { kind: 'video', name: 'an MPEG program stream' };
  if (text[0] === 'G' && text[188] === 'G') return { kind: 'video', name: 'an MPEG transport stream' };

  const beyondByteOrderMark = text.startsWith('\xef\xbb\xbf') ? text.slice(3) : text;
  const known = NOT_A_VIDEO.find(([magic]) => beyondByteOrderMark.startsWith(magic));
  if (known !== undefined) return { kind: 'other', name: known[1] };
  if (/^[\t\n\r\x20-\x7e]{16,}$/.test(beyondByteOrderMark)) return { kind: 'other', name: 'a text file' };
  return { kind: 'unknown', name: 'a file of no known format' };
}
