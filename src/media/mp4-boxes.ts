/** Walks the boxes an MP4 or QuickTime file is made of (ISO/IEC 14496-12, 4.2). */

export interface Mp4Box {
  /** Four characters, as latin-1. */
  readonly type: string;
  /** Of the header, of the content, and of what follows: offsets in the bytes walked. */
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

/** The longest box header: size, type and a 64-bit size. */
export const BOX_HEADER_BYTES = 16;

/**
 * The box whose header stands at `start`.
 * @param view the bytes of a file from its byte `base` on; offsets count from the start of the file
 * @param limit where the surrounding box, or the file, ends
 * @returns null for what is no box
 */
export function boxAt(view: DataView, start: number, limit: number, base = 0): Mp4Box | null {
  const at = start - base;
  if (at < 0 || at + 8 > view.byteLength || start + 8 > limit) return null;
  const type = fourCharacters(view, at + 4);
  const size = view.getUint32(at);
  // The last box of a file may reach to its end without saying where that is.
  if (size === 0) return { type, start, contentStart: start + 8, end: limit };
  if (size === 1 && at + BOX_HEADER_BYTES > view.byteLength) return null;
  const [header, bytes] = size === 1 ? [16, Number(view.getBigUint64(at + 8))] : [8, size];
  const end = start + bytes;
  return bytes < header || end > limit ? null : { type, start, contentStart: start + header, end };
}

/** A code of four characters, as latin-1. */
export function fourCharacters(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}

/** The boxes inside a box, as far as they are any. */
export function* boxesIn(view: DataView, { contentStart, end }: Mp4Box): Generator<Mp4Box, void> {
  let box = boxAt(view, contentStart, end);
  while (box !== null) {
    yield box;
    box = boxAt(view, box.end, end);
  }
}

/** The first box at the end of a path of types, each inside the one before. */
export function findBox(view: DataView, parent: Mp4Box, ...path: readonly string[]): Mp4Box | null {
  let found: Mp4Box | null = parent;
  for (const type of path) {
    if (found === null) return null;
    found = [...boxesIn(view, found)].find((box) => box.type === type) ?? null;
  }
  return found;
}
