/** Which clusters of a Matroska file a sampling needs: pure, from its cues alone. */
import { type ByteRange, firstIndex, gapsBetween, joinedRanges, REQUEST_COST_BYTES } from '../byte-ranges.ts';
import { ELEMENT_ID } from './ebml.ts';
import type { KnownWindow } from './known-windows.ts';
import type { MatroskaCues } from './matroska-cues.ts';
import { OPENING_PICTURES, OPENING_SECONDS, type Sampling } from './sampling.ts';

/** Bytes that are written where a hole begins, so that readers pass over it. */
export interface Filler {
  readonly start: number;
  readonly bytes: Uint8Array;
}

export interface MatroskaFetchPlan {
  /** Ascending and apart from each other. */
  readonly parts: readonly ByteRange[];
  readonly fillers: readonly Filler[];
  readonly windows: readonly KnownWindow[];
}

/** A sample this near before a keyframe may be one of the pictures that are shown before it and stored after it. */
const REORDERING_MS = 500;

/** Of an element that says nothing (RFC 8794, 11.3.1): its id and eight bytes of length. */
const VOID_HEADER_BYTES = 9;
/** Readers take somewhat more than a header when they look for one. */
const FILLER_BYTES = 64;

/** Every sample's clusters, from the keyframe before it to the one after it; the opening; and the last, with all behind it. */
export function planMatroskaFetch(
  { cues, headerEnd, frameMs }: MatroskaCues,
  fileBytes: number,
  { intervalMs, toleranceMs }: Sampling,
): MatroskaFetchPlan {
  const firstMs = cues[0]?.timeMs ?? 0;
  const times = cues.map(({ timeMs }) => timeMs - firstMs);
  const lastMs = times.at(-1) ?? 0;
  const needed = new Uint8Array(cues.length);
  needed[needed.length - 1] = 1;
  const picturesMs = OPENING_PICTURES * (frameMs ?? Number.POSITIVE_INFINITY);
  markBetween(needed, times, 0, Math.min(picturesMs, 1000 * OPENING_SECONDS));
  // A keyframe that late still is the sample's picture: where the container rounds to milliseconds, most are some late. With a tolerance
  // what is shown before it may stand for the sample as well.
  const latenessMs = toleranceMs === 0 ? (frameMs ?? 0) / 2 : 0;
  for (let ms = 0; ms - toleranceMs <= lastMs; ms += intervalMs) {
    markBetween(needed, times, ms - toleranceMs + latenessMs, ms + toleranceMs + REORDERING_MS);
  }
  const starts = [...cues.map(({ clusterStart }) => clusterStart), fileBytes];
  closeSmallGaps(needed, starts);

  const header = { start: 0, end: headerEnd };
  const clusters = [...needed.keys()]
    .filter((cue) => needed[cue] === 1)
    .map((cue) => ({ start: starts[cue] ?? fileBytes, end: starts[cue + 1] ?? fileBytes }));
  const parts = joinedRanges([header, ...clusters]);
  const fillers = gapsBetween(parts, fileBytes).map((gap) => ({ start: gap.start, bytes: voidOver(gap) }));
  return { parts, fillers, windows: windowsOf(needed, times) };
}

/** Marks the stretches that are shown between two times. */
function markBetween(needed: Uint8Array, times: readonly number[], fromMs: number, toMs: number): void {
  let cue = Math.max(0, firstIndex(times.length, (i) => (times[i] ?? 0) > fromMs) - 1);
  needed[cue] = 1;
  for (cue++; cue < times.length && (times[cue] ?? 0) < toMs; cue++) needed[cue] = 1;
}

/** A gap that costs less than a request of its own is fetched as well. */
function closeSmallGaps(needed: Uint8Array, starts: readonly number[]): void {
  let previous = 0;
  for (let cue = 1; cue < needed.length; cue++) {
    if (needed[cue] === 0) continue;
    const gap = (starts[cue] ?? 0) - (starts[previous + 1] ?? 0);
    if (gap <= REQUEST_COST_BYTES) needed.fill(1, previous, cue);
    previous = cue;
  }
}

function windowsOf(needed: Uint8Array, times: readonly number[]): KnownWindow[] {
  const windows: KnownWindow[] = [];
  for (let cue = 0; cue < needed.length; cue++) {
    if (needed[cue] === 0 || (cue > 0 && needed[cue - 1] === 1)) continue;
    const end = needed.indexOf(0, cue);
    windows.push({
      fromMs: times[cue] ?? 0,
      toMs: end === -1 ? Number.POSITIVE_INFINITY : (times[end] ?? 0),
    });
  }
  return windows;
}

function voidOver({ start, end }: ByteRange): Uint8Array {
  const bytes = Buffer.alloc(Math.min(FILLER_BYTES, end - start));
  bytes.writeBigUInt64BE(BigInt(end - start - VOID_HEADER_BYTES), 1);
  bytes[0] = ELEMENT_ID.void;
  bytes[1] = 0x01;
  return bytes;
}
