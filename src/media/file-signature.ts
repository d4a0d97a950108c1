/** Tells from a file's first bytes what it is, so that a file that is no video is refused by its own name before a decoder sees it. */

/** How many bytes from the start of a file `refusedFormat` looks at. */
export const SIGNATURE_BYTES = 512;

/** Major brands of ISO base media files that hold a picture, not a film (ISO/IEC 23008-12, AV1 Image File Format). */
const STILL_IMAGE_BRANDS: ReadonlySet<string> = new Set(['avif', 'mif1', 'heic', 'heix', 'heim', 'heis']);

/** Boxes old QuickTime files begin with; the length before them may look like anything. */
const QUICKTIME_BOXES: ReadonlySet<string> = new Set(['moov', 'mdat', 'wide', 'free', 'skip']);

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

/**
 * What a file that is no video is, for a message ("a PNG image"), from its first bytes (at most `SIGNATURE_BYTES` of them are looked at).
 * @returns null for a container this worker decodes, and for what is not known: ffmpeg will tell
 */
export function refusedFormat(head: Uint8Array): string | null {
  const text = Buffer.from(head.subarray(0, SIGNATURE_BYTES)).toString('latin1');

  if (text.startsWith('ftyp', 4)) {
    return STILL_IMAGE_BRANDS.has(text.slice(8, 12)) ? 'a still image (AVIF or HEIF)' : null;
  }
  // A transport stream; its first packet may go on like a GIF.
  if (text[0] === 'G' && text[188] === 'G') return null;
  if (QUICKTIME_BOXES.has(text.slice(4, 8))) return null;
  if (text.startsWith('RIFF')) {
    if (text.startsWith('AVI ', 8)) return null;
    return text.startsWith('WEBP', 8) ? 'a WebP image' : 'an audio file';
  }

  const beyondByteOrderMark = text.startsWith('\xef\xbb\xbf') ? text.slice(3) : text;
  const known = NOT_A_VIDEO.find(([magic]) => beyondByteOrderMark.startsWith(magic));
  if (known !== undefined) return known[1];
  return /^[\t\n\r\x20-\x7e]{16,}$/.test(beyondByteOrderMark) ? 'a text file' : null;
}
