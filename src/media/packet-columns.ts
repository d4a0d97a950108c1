/** The packets of a video stream as columns: what a container's index tells of them, whoever reads it. */
import { NumberColumn } from './number-column.ts';
import type { Presentation, TimeBase } from './timeline.ts';

/** AV_PKT_FLAG_KEY: decoding can begin here. */
export const KEY_FLAG = 0x1;
/** AV_PKT_FLAG_DISCARD: decoded if need be, never shown; how an edit list's leading pictures are marked. */
export const DISCARD_FLAG = 0x4;

/** One entry of each column for each packet, in file order. */
export interface PacketColumns {
  readonly timeBase: TimeBase;
  /** Presentation time; NaN where the container leaves it to the decoder to guess (AVI, MPEG program streams). */
  readonly ptsTicks: Float64Array;
  /** 0 where the container does not say. */
  readonly durationTicks: Float64Array;
  readonly bytes: Float64Array;
  /** AV_PKT_FLAG_KEY and AV_PKT_FLAG_DISCARD. */
  readonly flags: Float64Array;
}

/** One packet's entries. */
type Packet = { readonly [column in Exclude<keyof PacketColumns, 'timeBase'>]: number };

/** Gathers packets one by one. */
export class PacketList {
  readonly #ptsTicks = new NumberColumn();
  readonly #durationTicks = new NumberColumn();
  readonly #bytes = new NumberColumn();
  readonly #flags = new NumberColumn();

  get length(): number {
    return this.#ptsTicks.length;
  }

  push({ ptsTicks, durationTicks, bytes, flags }: Packet): void {
    this.#ptsTicks.push(ptsTicks);
    this.#durationTicks.push(durationTicks);
    this.#bytes.push(bytes);
    this.#flags.push(flags);
  }

  /** All of them; nothing is pushed after this. */
  columns(timeBase: TimeBase): PacketColumns {
    return {
      timeBase,
      ptsTicks: this.#ptsTicks.done(),
      durationTicks: this.#durationTicks.done(),
      bytes: this.#bytes.done(),
      flags: this.#flags.done(),
    };
  }
}

/** The packets that are shown and have a time. */
export function* shownPackets({
  ptsTicks,
  durationTicks,
  flags,
}: PacketColumns): Generator<Presentation, void> {
  for (const [packet, pts] of ptsTicks.entries()) {
    if (Number.isNaN(pts) || ((flags[packet] ?? 0) & DISCARD_FLAG) !== 0) continue;
    yield { ptsTicks: pts, durationTicks: durationTicks[packet] ?? 0 };
  }
}
