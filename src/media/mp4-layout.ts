/** Finds an MP4's index in a file that is read from afar, and reads all that is no media on the way. */
import type { ReadBytes } from '../byte-ranges.ts';
import { BOX_HEADER_BYTES, boxAt, type Mp4Box } from './mp4-boxes.ts';

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
  let end = 0;
  for await (const { box, content } of outerBoxes(fileBytes, read)) {
    if (box.type === 'moof' || (box.type === 'moov' && moov !== null)) return null;
    if (!MEDIA_OR_PADDING.has(box.type)) {
      const bytes = await content();
      if (bytes === null) return null;
      if (box.type === 'moov') moov = bytes;
    }
    end = box.end;
  }
  return end < fileBytes ? null : moov;
}

/** The first `moov` box: all that a file of fragments has of an index. Null where there is none, or one that is too large. */
export async function findFirstMoov(fileBytes: number, read: ReadBytes): Promise<Uint8Array | null> {
  for await (const { box, content } of outerBoxes(fileBytes, read)) {
    if (box.type === 'moov') return await content();
  }
  return null;
}

/** One of the boxes a file consists of. */
interface OuterBox {
  readonly box: Mp4Box;
  /** The box, header included; null where it is larger than any index. */
  readonly content: () => Promise<Uint8Array | null>;
}

/** The boxes of a file in their order: as far as they are any, and no more of them than a file of one index has. */
async function* outerBoxes(fileBytes: number, read: ReadBytes): AsyncGenerator<OuterBox, void> {
  let chunk: { start: number; bytes: Uint8Array } = { start: 0, bytes: new Uint8Array() };
  for (let start = 0, boxes = 0; start < fileBytes; boxes++) {
    const chunkEnd = chunk.start + chunk.bytes.length;
    if (start + BOX_HEADER_BYTES > chunkEnd && chunkEnd < fileBytes) {
      const range = { start, end: Math.min(start + READ_BYTES, fileBytes) };
      chunk = { start, bytes: await read(range) };
    }
    const { start: base, bytes } = chunk;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const box = boxAt(view, start, fileBytes, base);
    if (box === null || boxes === MAX_BOXES || (start === 0 && !FIRST_BOXES.has(box.type))) return;
    const content = async () => {
      if (box.end - box.start > MAX_INDEX_BYTES) return null;
      if (box.end <= base + bytes.length) return bytes.subarray(box.start - base, box.end - base);
      return await read({ start: box.start, end: box.end });
    };
    yield { box, content };
    start = box.end;
  }
}
