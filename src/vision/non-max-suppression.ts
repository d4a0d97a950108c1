/** Keeps one detection where a detector fires several times for one face. */
import { area, intersectionArea, iou, type Tlwh } from '../geometry/box.ts';

interface Scored {
  readonly box: Tlwh;
  readonly confidence: number;
}

/**
 * Greedy non-maximum suppression: the surest detection stays, all that overlap it by more than `maxIou` go, and so on.
 * @param maxKept the surest of more
 * @returns the detections that stay, by descending confidence; equal ones keep their order
 */
export function suppressNonMaxima<T extends Scored>(
  detections: readonly T[],
  maxIou: number,
  maxKept = Number.POSITIVE_INFINITY,
): T[] {
  return suppress(detections, (kept, candidate) => iou(kept.box, candidate.box) > maxIou, maxKept);
}

/**
 * Merges several passes over one picture, each already free of overlaps of its own. Passes see one face at different scales, and so
 * with boxes that overlap less than within a pass; here the smaller box counts: covered by more than `maxCover`, it is the same face.
 * @returns the detections of all passes, by descending confidence
 */
export function mergePasses<T extends Scored>(passes: readonly (readonly T[])[], maxCover: number): T[] {
  const candidates = passes.flatMap((detections, pass) =>
    detections.map((detection) => ({
      detection,
      pass,
      box: detection.box,
      confidence: detection.confidence,
    })),
  );
  const merged = suppress(
    candidates,
    (kept, candidate) => kept.pass !== candidate.pass && cover(kept.box, candidate.box) > maxCover,
  );
  return merged.map(({ detection }) => detection);
}

/** Intersection over the smaller box, 0..1. */
function cover(a: Tlwh, b: Tlwh): number {
  const smaller = Math.min(area(a), area(b));
  return smaller > 0 ? intersectionArea(a, b) / smaller : 0;
}

function suppress<T extends Scored>(
  detections: readonly T[],
  isSame: (kept: T, candidate: T) => boolean,
  maxKept = Number.POSITIVE_INFINITY,
): T[] {
  const kept: T[] = [];
  for (const candidate of detections.toSorted((a, b) => b.confidence - a.confidence)) {
    if (kept.length >= maxKept) break;
    if (!kept.some((other) => isSame(other, candidate))) kept.push(candidate);
  }
  return kept;
}
