/** Finds an MP4's index in a file that is read from afar, and reads all that is no media on the way. */
import type { ReadBytes } from '../byte-ranges.ts';
import { BOX_HEADER_BYTES, boxAt } from './mp4-boxes.ts';

/** One request brings this much: most often the whole of what stands before the media. */
const READ_BYTES = 64 * 1024;
/** Larger indexes are those of films of many days, or an attack on our memory. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;
/** A file of more boxes is made of fragments. */
const MAX_BOXES = 32;

/** Boxes whose content nobody interprets, or only sample by sample. */
const MEDIA_OR_PADDING: ReadonlySet<string> = new Set(['mdat', 'free', 'skip', 'wide']);
const FIRST_BOXES: ReadonlySet<string> = new Set(['ftyp', 'moov', ...MEDIA_OR_PADDING]);

/**
 * The `moov` box, wherever it lies. All other boxes but the media have been read as well when this resolves.
 * @param fileBytes size of the file
 * @returns null for what is no MP4 or QuickTime file of one index
 */
export async function findMp4Index(fileBytes: number, read: ReadBytes): Promise<Uint8Array | null> {
  let moov: Uint8Array | null = null;
  let chunk: { start: number; bytes: Uint8Array } = { start: 0, bytes: new Uint8Array() };
  for (let start = 0, boxes = 0; start < fileBytes; boxes++) {
    const chunkEnd = chunk.start + chunk.bytes.length;
    if (start + BOX_HEADER_BYTES > chunkEnd && chunkEnd < fileBytes) {
      const range = { start, end: Math.min(start + READ_BYTES, fileBytes) };
      chunk = { start, bytes: await read(range) };
    }
    const { buffer, byteOffset, byteLength } = chunk.bytes;
    const box = boxAt(new DataView(buffer, byteOffset, byteLength), start, fileBytes, chunk.start);
    if (box === null || boxes === MAX_BOXES || (start === 0 && !FIRST_BOXES.has(box.type))) return null;
    if (box.type === 'moof' || (box.type === 'moov' && moov !== null)) return null;
    if (!MEDIA_OR_PADDING.has(box.type)) {
      if (box.end - box.start > MAX_INDEX_BYTES) return null;
      const isHere = box.end <= chunk.start + chunk.bytes.length;
      const content = isHere
        ? chunk.bytes.subarray(box.start - chunk.start, box.end - chunk.start)
        : await read({ start: box.start, end: box.end });
      if (box.type === 'moov') moov = content;
    }
    start = box.end;
  }
  return moov;
}
