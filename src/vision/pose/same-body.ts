/** Decides whose body a skeleton is: the face it has, the neighbour it shares a torso with, the two people it lies across. */
import { centreOfBox, type Point, type Tlwh } from '../../geometry/box.ts';
import {
  centreOf,
  contains,
  distance,
  EYES,
  FACE,
  JOINTS,
  meanDistance,
  NOSE,
  SHOULDERS,
  type Skeletal,
  torsoSize,
  visiblePoints,
} from './skeleton-measures.ts';

/** Distance, in torso sizes, below which two faces, two pairs of shoulders or two joints are one. */
const SAME_PLACE = 0.3;
/** Share of a skeleton's visible joints that may be those of people with faces before it is taken for a patchwork of them. */
const MAX_BORROWED = 1 / 3;

/** Nose and eyes may lie this far outside a face's box, in its sizes: detectors draw profiles tightly. */
const FACE_MARGIN = 0.15;
/** The detector places heads roughly: a face's middle may lie this far outside, in the head's sizes. */
const HEAD_MARGIN = 0.5;
/** Shoulders hang at most this far, in face heights, from the nose; further off they are another's. */
const MAX_NECK = 1.45;

/** A skeleton that claims a body. */
export interface Claim extends Skeletal {
  readonly confidence: number;
  /** The detected face it has; null for a person seen from behind, and for none at all. */
  readonly face: Tlwh | null;
}

/**
 * One skeleton per body, surest first. Of those that claim the same, one with a face of its own goes before one without, then the
 * surer one. A skeleton without a face whose joints are those of people with faces is nobody's.
 */
export function oneSkeletonPerBody<T extends Claim>(claims: readonly T[]): T[] {
  const kept: T[] = [];
  const byRank = claims.toSorted(
    (a, b) => Number(a.face === null) - Number(b.face === null) || b.confidence - a.confidence,
  );
  for (const claim of byRank) {
    const others = kept.filter(({ face }) => face !== null);
    if (kept.some((other) => isSameBody(other, claim))) continue;
    if (claim.face === null && borrowedShare(claim, others) > MAX_BORROWED) continue;
    kept.push(claim);
  }
  return kept.toSorted((a, b) => b.confidence - a.confidence);
}

/** Whether the face in a box (pixels) is this skeleton's: nose and eyes lie in it, and the shoulders hang at it. */
export function explainsFace(skeleton: Skeletal, face: Tlwh): boolean {
  const nose = centreOf(skeleton, NOSE);
  const neck = distance(nose, centreOf(skeleton, SHOULDERS));
  return (
    contains(face, nose, FACE_MARGIN) &&
    contains(face, centreOf(skeleton, EYES), FACE_MARGIN) &&
    neck <= MAX_NECK * face.height
  );
}

/** The skeleton with the face it has, null for none; null where it lies across the others of these people (boxes in pixels). */
export function withItsFace<T extends Skeletal>(
  skeleton: T,
  faces: readonly Tlwh[],
): (T & { readonly face: Tlwh | null }) | null {
  const face = faces.find((hint) => explainsFace(skeleton, hint)) ?? null;
  const others = faces.filter((other) => other !== face);
  return hasShouldersInFaces(skeleton, others) ? null : { ...skeleton, face };
}

/** Whether both shoulders are seen in other people's faces (boxes in pixels): then the skeleton lies across them. */
export function hasShouldersInFaces(skeleton: Skeletal, othersFaces: readonly Tlwh[]): boolean {
  const shoulders = visiblePoints(skeleton, SHOULDERS);
  const isInFace = (shoulder: Point) => othersFaces.some((face) => contains(face, shoulder));
  return shoulders.length === SHOULDERS.length && shoulders.every(isInFace);
}

/** The face of a head the detector saw (boxes in pixels): the one nearest its middle; null for a head seen from behind. */
export function faceOfHead(head: Tlwh, faces: readonly Tlwh[]): Tlwh | null {
  const inHead = faces.filter((face) => contains(head, centreOfBox(face), HEAD_MARGIN));
  const offset = (face: Tlwh) => distance(centreOfBox(face), centreOfBox(head));
  return inHead.toSorted((a, b) => offset(a) - offset(b))[0] ?? null;
}

/**
 * Whether two skeletons claim one body: two people can share neither a face nor a pair of shoulders, whatever their limbs do, while
 * the boxes of neighbours overlap. Distances count in the size of the smaller torso, so that a child before a parent stays a person.
 */
export function isSameBody(a: Claim, b: Claim): boolean {
  if (a.face !== null && a.face === b.face) return true;
  const limit = samePlaceDistance(a, b);
  return meanDistance(a, b, FACE) < limit || meanDistance(a, b, SHOULDERS) < limit;
}

/** Share of the visible joints that lie where another skeleton has a visible joint of the same kind, left or right; 0..1. */
function borrowedShare(skeleton: Skeletal, others: readonly Skeletal[]): number {
  let visible = 0;
  let borrowed = 0;
  for (const kind of JOINTS) {
    for (const joint of visiblePoints(skeleton, kind)) {
      visible++;
      const isBorrowed = others.some((other) => {
        const limit = samePlaceDistance(skeleton, other);
        return visiblePoints(other, kind).some((theirs) => distance(joint, theirs) < limit);
      });
      if (isBorrowed) borrowed++;
    }
  }
  return visible === 0 ? 0 : borrowed / visible;
}

function samePlaceDistance(a: Skeletal, b: Skeletal): number {
  return SAME_PLACE * Math.min(torsoSize(a), torsoSize(b));
}
