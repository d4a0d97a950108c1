/** Which samples can be told from a video of which only stretches are known: those whose picture, and the one after it, are. */
import { firstIndex } from '../byte-ranges.ts';
import type { PacketTable } from './packet-table.ts';
import { millisecondsAt } from './timeline.ts';
import type { PictureLists } from './video-info.ts';

/** What is known of the pictures of a video whose packets are listed. */
type KnownPictures = PictureLists & { readonly packets: PacketTable };

/** A stretch of a video that is known from a keyframe on to the next keyframe that is not. Milliseconds from the first picture. */
export interface KnownWindow {
  readonly fromMs: number;
  /** Infinity for the end of the video. */
  readonly toMs: number;
}

/** Containers that count in milliseconds round to the nearest. */
const ROUNDING_MS = 1.5;

/**
 * Whether the samples are what they are in the whole video: every window begins with a keyframe that is there, and each sample's picture
 * is followed by another one of its window, so that nothing can have been shown in between. Pictures shown before a keyframe and decoded
 * after it come after all that is decoded before it.
 * @param positions of the exact samples' pictures in the timeline
 * @param toleranceMs how far a picture may be that stands for a sample: as far, all must be known
 */
export function areKnown(
  positions: Uint32Array,
  pictures: KnownPictures,
  windows: readonly KnownWindow[],
  toleranceMs: number,
): boolean {
  if (windowStarts(pictures, windows).some((keyframe) => keyframe === null)) return false;
  const times = timesOf(pictures);
  const last = times.length - 1;
  return positions.every((position) => {
    const time = times[position] ?? 0;
    const next = position === last ? Number.POSITIVE_INFINITY : (times[position + 1] ?? 0);
    return windows.some(({ fromMs, toMs }) => {
      const reachesBack = fromMs === 0 || time - toleranceMs >= fromMs - ROUNDING_MS;
      const reachesOn = toMs === Number.POSITIVE_INFINITY || next + toleranceMs < toMs - ROUNDING_MS;
      return time >= fromMs - ROUNDING_MS && reachesBack && reachesOn;
    });
  });
}

/** The packets before which others may be missing: those that all windows but the first begin with. */
export function packetsAfterGaps(
  pictures: KnownPictures,
  windows: readonly KnownWindow[],
): ReadonlySet<number> {
  return new Set(windowStarts(pictures, windows.slice(1)).filter((packet) => packet !== null));
}

/** The packets of the keyframes that the windows begin with; null for a window whose keyframe is not there. */
function windowStarts(pictures: KnownPictures, windows: readonly KnownWindow[]): Array<number | null> {
  const { positions, keys } = pictures.packets;
  const keyframes = new Map<number, number>();
  for (const [packet, position] of positions.entries()) {
    if (keys[packet] === 1) keyframes.set(position, packet);
  }
  const times = timesOf(pictures);
  return windows.map(({ fromMs }) => {
    const position = firstIndex(times.length, (i) => (times[i] ?? 0) >= fromMs - ROUNDING_MS);
    const isThere = (times[position] ?? Number.NaN) <= fromMs + ROUNDING_MS;
    return isThere ? (keyframes.get(position) ?? null) : null;
  });
}

function timesOf({ timeline }: KnownPictures): Float64Array {
  return Float64Array.from(timeline.ptsTicks, (ticks) => millisecondsAt(timeline, ticks));
}
