/** Tells skeletons that are nobody's: the landmark network finds a body wherever it is told to look, and is often sure of it. */
import { centreOfBox, type Point, type Tlwh } from '../../geometry/box.ts';
import { MIN_VISIBILITY } from '../../geometry/landmarks.ts';
import type { BodyRegion } from './body-region.ts';
import { MIN_PEAK } from './landmark-decoder.ts';
import {
  centreOf,
  contains,
  distance,
  HANDS,
  NOSE,
  SHOULDERS,
  type Skeletal,
  torsoBox,
  torsoSize,
  visiblePoints,
} from './skeleton-measures.ts';

/**
 * A region reaches from above the head to as far below the hips, and a quarter further. The detector's heads took at most 0.49 of its
 * side on 390 bodies of thirteen films and 99 photographs, and 0.77 to 1.23 on the foot of a table that one film shows.
 */
const MAX_HEAD_OF_REGION = 0.65;

/** In the head's heights: shoulders nearer to the nose than this, though the head is large, mean a body squeezed into its hair. */
const MIN_NECK = 0.1;
const LARGE_HEAD_OF_REGION = 0.35;

/** A skeleton has strayed when its hips lie this far from the middle of the region, in its sides, ... */
const MAX_HIP_SHIFT = 0.075;
/** ... and its nose this far from the middle of the head the detector saw, in the head's sizes. */
const MAX_NOSE_SHIFT = 0.5;

/** Presence from which on a body is believed although the heatmap is unsure of its head, or although it may be a print. */
const SURE_WITHOUT_HEAD = 0.85;
const SURELY_ALIVE = 0.9;
/** Before another's torso, with less than this share of its size, a body is a print or a tattoo. */
const MAX_PICTURED_SIZE = 0.5;
/** In the torso's sizes: as far outside it a landmark still lies before it. */
const TORSO_MARGIN = 0.15;

/** Of the four landmarks of a hand, so many lie in the box of a face that is this hand; it may lie this far outside, in the box's sizes. */
const MIN_OF_HAND = 3;
const HAND_MARGIN = 0.15;

/** Whether what the detector saw (head in pixels) is no body, whatever the landmark network would say: its head fills the region. */
export function isHeadAlone(head: Tlwh, { side }: BodyRegion): boolean {
  return head.height > MAX_HEAD_OF_REGION * side;
}

/** Whether the network, looking at a region the detector proposed, settled on something else. */
export function isNotWhatWasSeen(
  skeleton: Skeletal & { readonly hips: Point },
  region: BodyRegion,
  head: Tlwh,
): boolean {
  return hasStrayed(skeleton, region, head) || isSqueezedIntoHead(skeleton, region, head);
}

/**
 * On parts of two people the region lies between, as a rule. One sign alone is common where all is well (a body cut off by the
 * picture's edge moves the hips, a close-up the nose); both together were seen on no skeleton that a person would call right.
 */
function hasStrayed(
  skeleton: Skeletal & { readonly hips: Point },
  { centreX, centreY, side }: BodyRegion,
  head: Tlwh,
): boolean {
  const hipShift = distance(skeleton.hips, { x: centreX, y: centreY }) / side;
  const noseShift = distance(centreOf(skeleton, NOSE), centreOfBox(head)) / head.height;
  return hipShift > MAX_HIP_SHIFT && noseShift > MAX_NOSE_SHIFT;
}

/** On the head itself, seen from behind: nose and shoulders lie in one place. */
function isSqueezedIntoHead(skeleton: Skeletal, { side }: BodyRegion, head: Tlwh): boolean {
  const neck = distance(centreOf(skeleton, NOSE), centreOf(skeleton, SHOULDERS));
  return head.height > LARGE_HEAD_OF_REGION * side && neck < MIN_NECK * head.height;
}

/**
 * Whether a skeleton that was sought below a face has none itself: the heatmap is as unsure of the head as where MediaPipe no longer
 * follows it. Faces seen in flowers have such bodies; of 400 bodies of people, three of blurred heads in crowds.
 */
export function isHeadless({ confidence, headPeak }: { confidence: number; headPeak: number }): boolean {
  return confidence < SURE_WITHOUT_HEAD && headPeak < MIN_PEAK;
}

/**
 * Whether a skeleton is that of a face somebody wears, on a shirt or on the skin: all that is seen of it lies before the other's torso,
 * much smaller, and the network is less sure of it than of a child that is held there.
 */
export function isWornBy(skeleton: Skeletal & { readonly confidence: number }, other: Skeletal): boolean {
  if (skeleton.confidence >= SURELY_ALIVE) return false;
  if (torsoSize(skeleton) >= MAX_PICTURED_SIZE * torsoSize(other)) return false;
  const torso = torsoBox(other);
  return skeleton.landmarks.every(
    (landmark) => landmark.visibility < MIN_VISIBILITY || contains(torso, landmark, TORSO_MARGIN),
  );
}

/** Whether the middle of a skeleton's torso lies before the torso of another. */
export function isBeforeTorso(skeleton: Skeletal, other: Skeletal): boolean {
  return contains(torsoBox(other), centreOfBox(torsoBox(skeleton)));
}

/**
 * Whether a face (box in pixels) is a hand of this skeleton, or held by it. Ask only for faces the detector doubts: of 1,127 faces on
 * fifteen films and 99 photographs, six surely seen ones lie behind the hand of a neighbour, and one doubtful one is a hand in motion.
 */
export function isHandOf(skeleton: Skeletal, face: Tlwh): boolean {
  return HANDS.some((hand) => {
    const inFace = visiblePoints(skeleton, hand).filter((point) => contains(face, point, HAND_MARGIN));
    return inFace.length >= MIN_OF_HAND;
  });
}
