/** What the tracker follows: one box in one frame, with what its looks and its size say, prepared once. */
import { type Tlwh, tlwhToXyah, type Xyah } from '../geometry/box.ts';
import { type Appearance, type Look, toLook } from './appearance-gallery.ts';

/** One thing seen in one frame, of whatever kind. */
export interface Detection {
  /** Pixels. */
  readonly tlwh: Tlwh;
  readonly xyah: Xyah;
  /** Natural logarithm of the height in pixels: sizes are compared by their ratio. */
  readonly logHeight: number;
  /** 0..1 */
  readonly confidence: number;
  /** Null when the detection has no appearance vector. */
  readonly look: Look | null;
}

export function toDetection(tlwh: Tlwh, confidence: number, appearance: Appearance | null): Detection {
  return {
    tlwh,
    xyah: tlwhToXyah(tlwh),
    logHeight: Math.log(tlwh.height),
    confidence,
    look: appearance === null ? null : toLook(appearance),
  };
}
