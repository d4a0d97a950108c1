/** Looks for the bodies of faces that no skeleton has yet: below the face, closer, and once more with nobody covered. */
import type { Tlwh } from '../../geometry/box.ts';
import { type BodyRegion, closeRegionFromFace, regionFromFace } from './body-region.ts';
import { isHandOf } from './false-body.ts';
import type { FaceHint, Pose } from './pose-landmarker.ts';
import { type Claim, explainsFace, hasShouldersInFaces } from './same-body.ts';
import { patchesOver } from './shared-bones.ts';
import { centreOfBox } from './skeleton-measures.ts';

/** A face the detector is less sure of may be something else. */
const SURE_FACE = 0.6;

/** What an engine sees in a region while the faces of others and `patches` (pixels) are covered; null for no body of its own kind. */
export type LookAt<T> = (region: BodyRegion, face: Tlwh, patches: readonly Tlwh[]) => Promise<T | null>;

/** Where is looked, how, and how many bodies there may be in all. */
interface Search<T> {
  /** The surely seen are looked below first, the largest of them before the others. */
  readonly faces: readonly FaceHint[];
  readonly maxPoses: number;
  readonly lookAt: LookAt<T>;
}

/**
 * Adds to `found` the bodies of the faces that no skeleton in it has yet. A body stays only when it has the face that led to it, and
 * its shoulders are none of the others' faces: else it is a neighbour's, or lies across two people. A doubtful face that is one of their
 * hands gets none.
 */
export async function addBodiesBelowFaces<T extends Pose>(
  found: (T & Claim)[],
  search: Search<T>,
): Promise<void> {
  const neighboursOf = (face: Tlwh) => found.flatMap((body) => patchesOver(body, centreOfBox(face)));
  await lookBelowEach(found, search, regionFromFace, neighboursOf);
  await lookBelowEach(found, search, closeRegionFromFace, neighboursOf);
  // Patches hide a body as well, now and then.
  await lookBelowEach(found, search, regionFromFace, () => []);
}

async function lookBelowEach<T extends Pose>(
  found: (T & Claim)[],
  { faces, maxPoses, lookAt }: Search<T>,
  regionOf: (face: Tlwh) => BodyRegion,
  patchesFor: (face: Tlwh) => readonly Tlwh[],
): Promise<void> {
  for (const face of faces.toSorted(bySurenessAndSize)) {
    if (found.length >= maxPoses) break;
    if (found.some((claim) => explainsFace(claim, face))) continue;
    if (isDoubtful(face) && found.some((other) => isHandOf(other, face))) continue;
    const body = await lookAt(regionOf(face), face, patchesFor(face));
    if (body === null || !explainsFace(body, face)) continue;
    const others = faces.filter((other) => other !== face);
    if (!hasShouldersInFaces(body, others)) found.push({ ...body, face });
  }
}

function isDoubtful({ confidence }: FaceHint): boolean {
  return confidence < SURE_FACE;
}

function bySurenessAndSize(a: FaceHint, b: FaceHint): number {
  return Number(isDoubtful(a)) - Number(isDoubtful(b)) || b.height - a.height;
}
