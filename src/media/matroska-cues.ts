/** Finds a Matroska file's list of keyframes (its cues, RFC 9559, 5.1.5) in a file that is read from afar. */
import type { ReadBytes } from '../byte-ranges.ts';
import {
  type EbmlElement,
  ELEMENT_HEADER_BYTES,
  ELEMENT_ID,
  elementAt,
  elementsIn,
  unsignedFieldsOf,
  unsignedOf,
} from './ebml.ts';

/** A keyframe of the video that has a place in the cues. */
export interface Cue {
  readonly timeMs: number;
  /** Where its cluster begins, in bytes from the start of the file. */
  readonly clusterStart: number;
}

/** Where a file's cues lie, and what is needed to read them; plain data. */
export interface CueList {
  /** The whole element. */
  readonly bytes: Uint8Array;
  /** What the places in it are counted from. */
  readonly segmentStart: number;
  /** Number of the video's track. */
  readonly track: number;
  readonly tickMs: number;
  readonly headerEnd: number;
  readonly frameMs: number | null;
}

export interface MatroskaCues {
  /** The first of each cluster, ascending by time and by place. */
  readonly cues: readonly Cue[];
  /** Where the clusters begin: before them is the header, with the description of the tracks. */
  readonly headerEnd: number;
  /** How long a picture usually lasts, in milliseconds; null where the track does not say. */
  readonly frameMs: number | null;
}

/** One request brings this much: most often the whole header. */
const HEAD_BYTES = 64 * 1024;
/** Cues of days of video; and headers, of which those with fonts and covers in them are longer. */
const MAX_CUES_BYTES = 4 * 1024 * 1024;
const MAX_HEADER_BYTES = 1024 * 1024;
/** A header has a dozen elements. */
const MAX_HEADER_ELEMENTS = 1000;

const VIDEO = 1;
const DEFAULT_TIMESTAMP_SCALE = 1_000_000;

/**
 * @param fileBytes size of the file
 * @param read reads bytes from afar
 * @returns null for what is no such file, and for one without cues
 */
export async function findMatroskaCues(fileBytes: number, read: ReadBytes): Promise<CueList | null> {
  let head = await read({ start: 0, end: Math.min(HEAD_BYTES, fileBytes) });
  const ebml = elementAt(head, 0, fileBytes);
  const segment = ebml?.id === ELEMENT_ID.ebml ? elementAt(head, ebml.end, fileBytes) : null;
  if (segment?.id !== ELEMENT_ID.segment) return null;
  let headerEnd = firstCluster(head, segment);
  if (headerEnd === null && fileBytes > HEAD_BYTES) {
    head = await read({ start: 0, end: Math.min(MAX_HEADER_BYTES, fileBytes) });
    headerEnd = firstCluster(head, segment);
  }
  if (headerEnd === null) return null;
  const header = [...elementsIn(head, { ...segment, end: headerEnd })];
  const track = videoTrack(head, header);
  const found = header.find(({ id }) => id === ELEMENT_ID.cues);
  const cuesStart = found?.start ?? cuesPosition(head, header, segment.contentStart);
  if (track === null || cuesStart === null) return null;
  const list = await readElement(cuesStart, segment.end, read);
  if (list?.id !== ELEMENT_ID.cues) return null;
  return {
    bytes: list.bytes,
    segmentStart: segment.contentStart,
    track: track.number,
    tickMs: timestampScale(head, header) / 1e6,
    headerEnd,
    frameMs: track.frameMs,
  };
}

/** The keyframes of a list; null when they are not in order. */
export function readCues(list: CueList): MatroskaCues | null {
  const { bytes, segmentStart, track, tickMs, headerEnd, frameMs } = list;
  const element = elementAt(bytes, 0, bytes.length);
  if (element === null) return null;
  const cues = [...cuesOf(bytes, element, track)].map(({ time, position }) => ({
    timeMs: time * tickMs,
    clusterStart: segmentStart + position,
  }));
  const firsts = cues.filter(({ clusterStart }, i) => clusterStart !== cues[i - 1]?.clusterStart);
  return isInOrder(firsts, headerEnd) ? { cues: firsts, headerEnd, frameMs } : null;
}

/** Null when the bytes end before one. */
function firstCluster(head: Uint8Array, segment: EbmlElement): number | null {
  let count = 0;
  for (const element of elementsIn(head, segment)) {
    if (element.id === ELEMENT_ID.cluster) return element.start;
    if (++count === MAX_HEADER_ELEMENTS) return null;
  }
  return null;
}

function videoTrack(
  head: Uint8Array,
  header: readonly EbmlElement[],
): { number: number; frameMs: number | null } | null {
  const tracks = header.find(({ id }) => id === ELEMENT_ID.tracks);
  if (tracks === undefined) return null;
  for (const entry of elementsIn(head, tracks)) {
    const fields = unsignedFieldsOf(head, entry);
    if (entry.id !== ELEMENT_ID.trackEntry || fields.get(ELEMENT_ID.trackType) !== VIDEO) continue;
    const duration = fields.get(ELEMENT_ID.defaultDuration);
    return {
      number: fields.get(ELEMENT_ID.trackNumber) ?? 0,
      frameMs: duration === undefined ? null : duration / 1e6,
    };
  }
  return null;
}

/** Where the list of contents says that the cues are. */
function cuesPosition(head: Uint8Array, header: readonly EbmlElement[], base: number): number | null {
  for (const list of header.filter(({ id }) => id === ELEMENT_ID.seekHead)) {
    for (const seek of elementsIn(head, list)) {
      const fields = unsignedFieldsOf(head, seek);
      const position = fields.get(ELEMENT_ID.seekPosition);
      if (fields.get(ELEMENT_ID.seekId) === ELEMENT_ID.cues && position !== undefined) return base + position;
    }
  }
  return null;
}

function timestampScale(head: Uint8Array, header: readonly EbmlElement[]): number {
  const info = header.find(({ id }) => id === ELEMENT_ID.info);
  const scale = info && unsignedFieldsOf(head, info).get(ELEMENT_ID.timestampScale);
  return scale ?? DEFAULT_TIMESTAMP_SCALE;
}

/** An element somewhere in the file: its id and all its bytes. */
async function readElement(
  start: number,
  limit: number,
  read: ReadBytes,
): Promise<{ id: number; bytes: Uint8Array } | null> {
  if (start + ELEMENT_HEADER_BYTES > limit) return null;
  const header = await read({ start, end: start + ELEMENT_HEADER_BYTES });
  const element = elementAt(header, start, limit, start);
  if (element === null || element.end - start > MAX_CUES_BYTES) return null;
  return { id: element.id, bytes: await read({ start, end: element.end }) };
}

function* cuesOf(
  bytes: Uint8Array,
  list: EbmlElement,
  track: number,
): Generator<{ time: number; position: number }, void> {
  for (const point of elementsIn(bytes, list)) {
    if (point.id !== ELEMENT_ID.cuePoint) continue;
    const fields = [...elementsIn(bytes, point)];
    const time = fields.find(({ id }) => id === ELEMENT_ID.cueTime);
    for (const positions of fields.filter(({ id }) => id === ELEMENT_ID.cueTrackPositions)) {
      const place = unsignedFieldsOf(bytes, positions);
      const position = place.get(ELEMENT_ID.cueClusterPosition);
      if (place.get(ELEMENT_ID.cueTrack) !== track || time === undefined || position === undefined) continue;
      yield { time: unsignedOf(bytes, time), position };
    }
  }
}

/** From the first cluster on, both times and places ascend. */
function isInOrder(cues: readonly Cue[], headerEnd: number): boolean {
  return (
    cues[0]?.clusterStart === headerEnd &&
    cues.every((cue, i) => {
      const before = cues[i - 1];
      return before === undefined || (before.timeMs < cue.timeMs && before.clusterStart < cue.clusterStart);
    })
  );
}
