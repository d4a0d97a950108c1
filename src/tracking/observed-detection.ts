/** A detection whose look is not held but asked for: the looks of a long shot would fill the memory. */
import { type Tlwh, tlwhToXyah, type Xyah } from '../geometry/box.ts';
import type { Anchor, Detection } from './detection.ts';
import type { Look } from './look.ts';
import type { LookMemory } from './look-memory.ts';

export class ObservedDetection implements Detection {
  readonly tlwh: Tlwh;
  readonly xyah: Xyah;
  readonly logHeight: number;
  readonly confidence: number;
  readonly anchor: Anchor | null;
  /** The worth of its look, 0..1; null when it has none. */
  readonly worth: number | null;
  readonly #looks: LookMemory;
  readonly #frame: number;
  readonly #index: number;

  /**
   * @param looks where its own is asked for
   * @param frame position of its frame in the shot
   * @param index its own in the frame
   */
  constructor(
    { tlwh, confidence, anchor }: Pick<Detection, 'tlwh' | 'confidence' | 'anchor'>,
    looks: LookMemory,
    frame: number,
    index: number,
  ) {
    this.tlwh = tlwh;
    this.xyah = tlwhToXyah(tlwh);
    this.logHeight = Math.log(tlwh.height);
    this.confidence = confidence;
    this.anchor = anchor;
    this.#looks = looks;
    this.#frame = frame;
    this.#index = index;
    this.worth = looks.of(frame)[index]?.worth ?? null;
  }

  get look(): Look | null {
    return this.worth === null ? null : (this.#looks.of(this.#frame)[this.#index] ?? null);
  }
}
