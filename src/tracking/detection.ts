/** What the tracker follows: one box in one frame, with what its looks and its size say, prepared once. */
import { type Tlwh, tlwhToXyah, type Xyah } from '../geometry/box.ts';
import { type Appearance, type Look, toLook } from './look.ts';

/** Somebody known by surer means than looks: the face track at the head of a body. */
export interface Anchor {
  readonly firstMs: number;
  readonly lastMs: number;
}

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
  /** Compared by identity; null when nothing is known. */
  readonly anchor: Anchor | null;
}

/** @param worth of another appearance's likeness to this one, 0..1 */
export function toDetection(
  tlwh: Tlwh,
  confidence: number,
  appearance: Appearance | null,
  anchor: Anchor | null = null,
  worth = 1,
): Detection {
  return {
    tlwh,
    xyah: tlwhToXyah(tlwh),
    logHeight: Math.log(tlwh.height),
    confidence,
    look: appearance === null ? null : toLook(appearance, worth),
    anchor,
  };
}

/** Whether two anchors are two people for certain: both were there at one time. */
export function areTwoPeople(a: Anchor | null, b: Anchor | null): boolean {
  if (a === null || b === null || a === b) return false;
  return a.firstMs <= b.lastMs && b.firstMs <= a.lastMs;
}
