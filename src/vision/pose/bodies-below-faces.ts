/** Looks for the bodies of faces that no skeleton has yet: below the face, closer, with no body covered, and at last for people who lean. */
import { centreOfBox, type Tlwh } from '../../geometry/box.ts';
import {
  type BodyRegion,
  closeRegionFromFace,
  leaningRegionFromFace,
  regionFromFace,
} from './body-region.ts';
import { isBeforeTorso, isHandOf } from './false-body.ts';
import type { FaceHint, Pose } from './pose-landmarker.ts';
import { type Claim, explainsFace, hasShouldersInFaces } from './same-body.ts';
import { patchesOver } from './shared-bones.ts';

/** A face the detector is less sure of may be something else. */
const SURE_FACE = 0.6;

/** How far to either side people are supposed to lean, radians; of 0.25, 0.35 and 0.5 it led to the most bodies. */
const LEAN = 0.35;

/** What an engine sees in a region while the faces of others and `patches` (pixels) are covered; null for no body of its own kind. */
export type LookAt<T> = (region: BodyRegion, face: Tlwh, patches: readonly Tlwh[]) => Promise<T | null>;

/** Where is looked, how, and how many bodies there may be in all. */
interface Search<T> {
  readonly faces: readonly FaceHint[];
  readonly maxPoses: number;
  readonly lookAt: LookAt<T>;
  /** Leaves one skeleton per body, and none that is nobody's. */
  readonly settle: (found: readonly (T & Claim)[]) => (T & Claim)[];
}

/** Which faces are looked below, where, and what is covered meanwhile besides the faces of others. */
interface Look {
  readonly faces: readonly FaceHint[];
  readonly regionOf: (face: Tlwh) => BodyRegion;
  readonly patchesFor: (face: Tlwh) => readonly Tlwh[];
}

/**
 * Everybody: the bodies the detector saw, and those of the faces that none of them has. A body below a face stays only when it has the
 * face that led to it, and its shoulders are none of the others' faces: else it is a neighbour's, or lies across two people. A doubtful
 * face that is one of their hands gets none.
 *
 * Surely seen faces that have no body even so are looked below again, to the left and to the right: of ten faces in fifteen films and 27
 * in 99 photographs that brought three and seven to a body. What lies before another's torso is left out there: on a body that is
 * hidden, the network settles on who stands before it.
 */
export async function withBodiesBelowFaces<T extends Pose>(
  sighted: readonly (T & Claim)[],
  search: Search<T>,
): Promise<(T & Claim)[]> {
  const faces = search.faces.toSorted(bySurenessAndSize);
  const found = [...sighted];
  const patchesFor = neighboursIn(found);
  await lookBelowEach(found, search, { faces, regionOf: regionFromFace, patchesFor });
  await lookBelowEach(found, search, { faces, regionOf: closeRegionFromFace, patchesFor });
  // Patches hide a body as well, now and then.
  await lookBelowEach(found, search, { faces, regionOf: regionFromFace, patchesFor: () => [] });
  const sureFaces = faces.filter((face) => !isDoubtful(face));
  return withLeaningBodies(search.settle(found), search, sureFaces);
}

async function withLeaningBodies<T extends Pose>(
  settled: readonly (T & Claim)[],
  search: Search<T>,
  faces: readonly FaceHint[],
): Promise<(T & Claim)[]> {
  const found = [...settled];
  const beforeNobody: LookAt<T> = async (...look) => {
    const body = await search.lookAt(...look);
    return body === null || found.some((other) => isBeforeTorso(body, other)) ? null : body;
  };
  for (const radians of [LEAN, -LEAN]) {
    const regionOf = (face: Tlwh) => leaningRegionFromFace(face, radians);
    await lookBelowEach(
      found,
      { ...search, lookAt: beforeNobody },
      { faces, regionOf, patchesFor: neighboursIn(found) },
    );
  }
  return search.settle(found);
}

async function lookBelowEach<T extends Pose>(
  found: (T & Claim)[],
  { faces, maxPoses, lookAt }: Search<T>,
  look: Look,
): Promise<void> {
  for (const face of look.faces) {
    if (found.length >= maxPoses) break;
    if (found.some((claim) => explainsFace(claim, face))) continue;
    if (isDoubtful(face) && found.some((other) => isHandOf(other, face))) continue;
    const body = await lookAt(look.regionOf(face), face, look.patchesFor(face));
    if (body === null || !explainsFace(body, face)) continue;
    const others = faces.filter((other) => other !== face);
    if (!hasShouldersInFaces(body, others)) found.push({ ...body, face });
  }
}

/** What covers the bodies found so far while that of a face is sought. */
function neighboursIn(found: readonly Claim[]): Look['patchesFor'] {
  return (face) => found.flatMap((body) => patchesOver(body, centreOfBox(face)));
}

function isDoubtful({ confidence }: FaceHint): boolean {
  return confidence < SURE_FACE;
}

/** The surely seen first, the largest of them before the others. */
function bySurenessAndSize(a: FaceHint, b: FaceHint): number {
  return Number(isDoubtful(a)) - Number(isDoubtful(b)) || b.height - a.height;
}
