/** The looks of one shot's newest frames: an hour of one view has hundreds of megabytes of them, and is followed by the newest. */
import type { Look } from './look.ts';

/** One for each detection of a frame, in their order; null where it has none. */
export type FrameLooks = readonly (Look | null)[];

/** Frames whose looks are held: more than any gallery is old at the usual rates. */
const MOST_FRAMES = 256;

export class LookMemory {
  readonly #read: (frame: number) => FrameLooks;
  /** Those read last, the oldest first. */
  readonly #held = new Map<number, FrameLooks>();
  #latest: { frame: number; looks: FrameLooks } = { frame: -1, looks: [] };

  /** @param read the looks of a frame, by its position, as often as they are asked for after they were let go */
  constructor(read: (frame: number) => FrameLooks) {
    this.#read = read;
  }

  of(frame: number): FrameLooks {
    // Most are asked for pair by pair of one frame.
    if (this.#latest.frame === frame) return this.#latest.looks;
    const looks = this.#held.get(frame) ?? this.hold(frame, this.#read(frame));
    this.#latest = { frame, looks };
    return looks;
  }

  /** Takes in looks that have just been read anyway. */
  hold(frame: number, looks: FrameLooks): FrameLooks {
    this.#held.set(frame, looks);
    const [oldest] = this.#held.keys();
    if (this.#held.size > MOST_FRAMES && oldest !== undefined) this.#held.delete(oldest);
    return looks;
  }
}
