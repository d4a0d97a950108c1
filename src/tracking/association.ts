/** Decides which detection of a frame continues which track: in stages, each with what the one before left over. */
import { iou } from '../geometry/box.ts';
import type { AppearanceGallery } from './appearance-gallery.ts';
import { type Match, minCostMatching, type PairCost } from './assignment.ts';
import {
  looksEvidence,
  MOST_LOOKS_EVIDENCE,
  placeEvidence,
  probabilityOf,
} from './association-likelihood.ts';
import { minCostMatchingByBounds } from './bounded-matching.ts';
import { areTwoPeople, type Detection } from './detection.ts';
import { GATING_THRESHOLD, gatingDistance, project } from './kalman-filter.ts';
import type { Look } from './look.ts';
import { matchingCascade } from './matching-cascade.ts';
import type { MotionPrior } from './mean-reverting-motion.ts';
import { PlaceIndex } from './place-index.ts';
import type { Track } from './track.ts';

export interface AssociationOptions {
  /** Cosine distance up to which two appearance vectors may be one person's; belongs to the embedder. */
  readonly maxCosineDistance: number;
  /** 1 - IoU up to which boxes of neighbouring frames may be one person's; published: 0.7. */
  readonly maxIouDistance: number;
  /** Frames without a sighting that a confirmed track survives: the depth of the cascade. */
  readonly maxAgeFrames: number;
  /** Frames over which a box may have moved and still be looked for by overlap; published: 1. */
  readonly overlapFrames: number;
  /** The share of the time-aware association, 0..1: see `timeAwareness`. */
  readonly timeAwareness: number;
  /** Area of the picture, square pixels. */
  readonly pictureArea: number;
  readonly motion: MotionPrior;
}

/** One matched pair of indices and the probability that it is right. */
export interface Association {
  readonly track: number;
  readonly detection: number;
  readonly confidence: number;
}

/** The tracks, predicted to the time of the frame, and what the frame shows. */
export interface Scene {
  readonly timeMs: number;
  readonly tracks: readonly Track[];
  readonly detections: readonly Detection[];
}

/** Indices that no stage has matched yet. */
interface Rest {
  readonly tracks: readonly number[];
  readonly detections: readonly number[];
}

/** What a stage made of the rest, and how sure it is of a match by its cost. */
interface StageResult {
  readonly matches: readonly Match[];
  readonly confidenceAt: (cost: number) => number;
}

const NO_MATCHES: StageResult = { matches: [], confidenceAt: () => 0 };

type Stage = (rest: Rest, scene: Scene, options: AssociationOptions) => StageResult;

/** The order of the stages; a stage whose gate the sampling rate has closed passes nothing. */
const STAGES: readonly Stage[] = [matchByAnchor, matchByLooks, matchByOverlap, matchByLikelihood];

/** Rounding must not make a bound exclude what is just allowed. */
const BOUND_MARGIN = 1e-9;

/** The associations of one frame: every track and every detection in at most one. */
export function associate(scene: Scene, options: AssociationOptions): Association[] {
  const associations: Association[] = [];
  let rest: Rest = { tracks: [...scene.tracks.keys()], detections: [...scene.detections.keys()] };
  for (const stage of STAGES) {
    const { matches, confidenceAt } = stage(rest, scene, options);
    for (const [track, detection, cost] of matches) {
      associations.push({ track, detection, confidence: confidenceAt(cost) });
    }
    rest = without(rest, matches);
  }
  return associations;
}

/** Who is known by other means needs no likeness; detections of benchmarks have no anchors. */
function matchByAnchor(rest: Rest, { tracks, detections }: Scene): StageResult {
  const cost: PairCost = (t, d) => {
    const track = at(tracks, t);
    // Of two tracks with one anchor the fresher one goes on.
    return track.anchor === at(detections, d).anchor ? -1 / track.timeSinceUpdate : Infinity;
  };
  const anchored = {
    tracks: rest.tracks.filter((t) => at(tracks, t).anchor !== null),
    detections: rest.detections.filter((d) => at(detections, d).anchor !== null),
  };
  return { matches: minCostMatching(anchored.tracks, anchored.detections, cost, 0), confidenceAt: () => 1 };
}

/** The published matching cascade: confirmed tracks, by cosine distance among the pairs that the Kalman filter allows. */
function matchByLooks(rest: Rest, { tracks, detections }: Scene, options: AssociationOptions): StageResult {
  if (options.timeAwareness === 1) return NO_MATCHES;
  const gate = options.maxCosineDistance * (1 - options.timeAwareness);
  const projections = tracks.map(({ box }) => project(box));
  const cost: PairCost = (t, d) => {
    const { gallery, anchor } = at(tracks, t);
    const detection = at(detections, d);
    if (detection.look === null || areTwoPeople(anchor, detection.anchor)) return Infinity;
    if (gatingDistance(at(projections, t), detection.xyah) > GATING_THRESHOLD) return Infinity;
    if (gallery.leastDistance(detection.look) > gate + BOUND_MARGIN) return Infinity;
    return gallery.distance(detection.look);
  };
  const confirmed = rest.tracks.filter((t) => at(tracks, t).state === 'confirmed');
  const timeSinceUpdate = (t: number) => at(tracks, t).timeSinceUpdate;
  const matches = matchingCascade(
    confirmed,
    rest.detections,
    timeSinceUpdate,
    cost,
    gate,
    options.maxAgeFrames,
  );
  return { matches, confidenceAt: (distance) => halfAtTheGate(distance, gate) };
}

/** The published overlap with the predicted box: tentative tracks, and those that were seen in the frame shown before. */
function matchByOverlap(rest: Rest, { tracks, detections }: Scene, options: AssociationOptions): StageResult {
  if (options.timeAwareness === 1) return NO_MATCHES;
  const isFresh = ({ shownSinceUpdate, timeSinceUpdate }: Track) =>
    shownSinceUpdate === 1 && timeSinceUpdate <= options.overlapFrames;
  const gate = options.maxIouDistance * (1 - options.timeAwareness);
  const predicted = tracks.map(({ tlwh }) => tlwh);
  const cost: PairCost = (t, d) => {
    const { tlwh, anchor } = at(detections, d);
    return areTwoPeople(at(tracks, t).anchor, anchor) ? Infinity : 1 - iou(at(predicted, t), tlwh);
  };
  const fresh = rest.tracks.filter((t) => isFresh(at(tracks, t)));
  return {
    matches: minCostMatching(fresh, rest.detections, cost, gate),
    confidenceAt: (distance) => halfAtTheGate(distance, gate),
  };
}

/** One assignment over all that is left, by the evidence that a pair is one person rather than two. */
function matchByLikelihood(rest: Rest, scene: Scene, options: AssociationOptions): StageResult {
  const { motion, maxCosineDistance, timeAwareness, pictureArea } = options;
  const { tracks, detections, timeMs } = scene;
  if (timeAwareness === 0) return NO_MATCHES;
  const leastEvidence = -Math.log(timeAwareness);
  const newcomers = { area: pictureArea, detections: detections.length };
  const placeOf = tracks.map(({ motion: predicted, lastSeenMs, shownSinceUpdate }) => {
    const absence = { seconds: (timeMs - lastSeenMs) / 1000, missedFrames: shownSinceUpdate - 1 };
    return placeEvidence(predicted, absence, newcomers, motion);
  });
  const costBy =
    (distanceTo: (gallery: AppearanceGallery, look: Look) => number): PairCost =>
    (t, d) => {
      const { anchor, gallery } = at(tracks, t);
      const detection = at(detections, d);
      if (areTwoPeople(anchor, detection.anchor)) return Infinity;
      const place = at(placeOf, t);
      const { look } = detection;
      if (look === null || gallery.size === 0) return -place.of(detection);
      const looks = looksEvidence(distanceTo(gallery, look), maxCosineDistance, look.worth);
      // Strangers of a track that was lost for long: no place of theirs need be worked out.
      return place.most + looks < leastEvidence ? Infinity : -(place.of(detection) + looks);
    };
  const cost = {
    atLeast: costBy((gallery, look) => gallery.leastDistance(look) - BOUND_MARGIN),
    exact: costBy((gallery, look) => gallery.distance(look)),
  };
  const places = new PlaceIndex(detections, rest.detections);
  const tallest = rest.detections.reduce((most, d) => Math.max(most, at(detections, d).xyah[3]), 0);
  // Where the place says more against a pair than any looks could say for it, it need not be looked at.
  const candidatesOf = (t: number): readonly number[] =>
    places.within(at(placeOf, t).reach(leastEvidence - MOST_LOOKS_EVIDENCE, tallest));
  return {
    matches: minCostMatchingByBounds(rest.tracks, candidatesOf, cost, -leastEvidence),
    confidenceAt: (negativeEvidence) => probabilityOf(-negativeEvidence),
  };
}

function without(rest: Rest, matches: readonly Match[]): Rest {
  const tracks = new Set(matches.map(([track]) => track));
  const detections = new Set(matches.map(([, detection]) => detection));
  return {
    tracks: rest.tracks.filter((track) => !tracks.has(track)),
    detections: rest.detections.filter((detection) => !detections.has(detection)),
  };
}

/** A cost as a probability: 1 at no cost, a half where the gate closes. */
function halfAtTheGate(cost: number, gate: number): number {
  return cost <= 0 ? 1 : 1 - (0.5 * cost) / gate;
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no item ${index} among ${items.length}`);
  return item;
}
