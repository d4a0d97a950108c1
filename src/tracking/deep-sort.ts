/**
 * The tracker: DeepSORT (arXiv 1703.07402) at 7 frames a second and more, time-aware below.
 *
 * The published algorithm counts in frames and compares boxes by overlap. At half a frame a second a walker is several
 * boxes further on, nothing overlaps, and three sightings in a row take six seconds. So each track carries two
 * estimates of its motion: the published one (a Kalman filter on cx, cy, aspect and height, velocity per frame) and one
 * in seconds and in heights of its own box, whose velocity fades within some seconds. A frame is associated in
 * stages, each with what the one before left over: first whom an anchor names, then the matching cascade on looks, overlap for the fresh tracks, and one
 * assignment on a log-likelihood ratio of place, size, looks and time lost. The interval between frames moves the weight
 * from the cascade and the overlap to the likelihood: with its share w going from 0 (at 7 frames a second) to 1 (at 4), the published
 * gates close to 1 - w of their width and the likelihood asks for at least -ln w nats. At w = 0 no pair passes the
 * likelihood and the tracker is the published one, number for number; at w = 1 no pair passes the published gates;
 * between, the surest pairs are made as published and the rest by likelihood. Nothing jumps at any rate.
 */
import { iou } from '../geometry/box.ts';
import { type Matching, minCostMatching } from './assignment.ts';
import { looksEvidence, MOST_LOOKS_EVIDENCE, placeEvidence } from './association-likelihood.ts';
import { areTwoPeople, type Detection } from './detection.ts';
import { GATING_THRESHOLD, gatingDistance, project } from './kalman-filter.ts';
import { matchingCascade } from './matching-cascade.ts';
import { type Sighting, Track, type TrackRules } from './track.ts';

export interface DeepSortOptions extends TrackRules {
  /** Cosine distance up to which two appearance vectors may be one person's; belongs to the embedder. */
  readonly maxCosineDistance: number;
  /** 1 - IoU up to which boxes of neighbouring frames may be one person's; published: 0.7. */
  readonly maxIouDistance: number;
  /** The share of the time-aware association, 0..1: see `timeAwareness`. */
  readonly timeAwareness: number;
  /** Area of the picture, square pixels. */
  readonly pictureArea: number;
}

/** One matched pair of indices and the probability that it is right. */
interface Association {
  readonly track: number;
  readonly detection: number;
  readonly confidence: number;
}

export class DeepSort {
  readonly #options: DeepSortOptions;
  readonly #ended: Track[] = [];
  #live: Track[] = [];
  #frames = 0;
  #nextId = 1;

  constructor(options: DeepSortOptions) {
    this.#options = options;
  }

  /** Tentative and confirmed tracks after the latest frame. */
  get live(): readonly Track[] {
    return this.#live;
  }

  /** Every track that was ever confirmed. */
  get confirmed(): readonly Track[] {
    return [...this.#ended, ...this.#live.filter(({ state }) => state === 'confirmed')];
  }

  /** Takes in the next frame. Times must ascend. */
  update(timeMs: number, detections: readonly Detection[]): void {
    const tracks = this.#live;
    for (const track of tracks) track.predict(timeMs);

    const unmatched = new Set(detections.keys());
    for (const { track, detection, confidence } of this.#associate(timeMs, detections)) {
      tracks[track]?.update(this.#sighting(detection, timeMs), at(detections, detection), confidence);
      unmatched.delete(detection);
    }
    for (const track of tracks) {
      const wasConfirmed = track.state === 'confirmed';
      if (track.timeSinceUpdate > 0) track.markMissed();
      if (wasConfirmed && track.state === 'deleted') this.#ended.push(track);
    }
    this.#live = tracks.filter(({ state }) => state !== 'deleted');
    for (const detection of unmatched) {
      const sighting = this.#sighting(detection, timeMs);
      this.#live.push(new Track(this.#nextId++, sighting, at(detections, detection), this.#options));
    }
    this.#frames += 1;
  }

  #sighting(detection: number, timeMs: number): Sighting {
    return { frame: this.#frames, detection, timeMs };
  }

  #associate(timeMs: number, detections: readonly Detection[]): Association[] {
    const { timeAwareness } = this.#options;
    const all: Matching = {
      matches: [],
      unmatchedTracks: [...this.#live.keys()],
      unmatchedDetections: [...detections.keys()],
    };
    const associations: Association[] = [];
    let rest = this.#matchByAnchor(all, detections, associations);
    if (timeAwareness < 1) {
      rest = this.#matchByLooks(rest, detections, associations);
      rest = this.#matchByOverlap(rest, detections, associations);
    }
    if (timeAwareness > 0) this.#matchByLikelihood(rest, timeMs, detections, associations);
    return associations;
  }

  /** Who is known by other means needs no likeness; detections of benchmarks have no anchors. */
  #matchByAnchor(rest: Matching, detections: readonly Detection[], associations: Association[]): Matching {
    const tracks = this.#live;
    const isAnchored = (items: readonly { readonly anchor: unknown }[]) => (index: number) =>
      at(items, index).anchor !== null;
    // Of two tracks with one anchor the fresher one goes on.
    const cost = (track: number, detection: number) =>
      at(tracks, track).anchor === at(detections, detection).anchor
        ? -1 / at(tracks, track).timeSinceUpdate
        : Infinity;
    const matching = minCostMatching(
      rest.unmatchedTracks.filter(isAnchored(tracks)),
      rest.unmatchedDetections.filter(isAnchored(detections)),
      cost,
      0,
    );
    return take(rest, matching, () => 1, associations);
  }

  /** The matching cascade: confirmed tracks, by cosine distance among the pairs that the Kalman filter allows. */
  #matchByLooks(rest: Matching, detections: readonly Detection[], associations: Association[]): Matching {
    const tracks = this.#live;
    const { maxCosineDistance, maxAgeFrames, timeAwareness } = this.#options;
    const isConfirmed = (track: number) => at(tracks, track).state === 'confirmed';
    const projections = tracks.map(({ box }) => project(box));
    const cost = (track: number, index: number): number => {
      const detection = at(detections, index);
      if (detection.look === null || areTwoPeople(at(tracks, track).anchor, detection.anchor))
        return Infinity;
      if (gatingDistance(at(projections, track), detection.xyah) > GATING_THRESHOLD) return Infinity;
      return at(tracks, track).gallery.distance(detection.look);
    };
    const gate = maxCosineDistance * (1 - timeAwareness);
    const matching = matchingCascade(
      rest.unmatchedTracks.filter(isConfirmed),
      rest.unmatchedDetections,
      (track) => at(tracks, track).timeSinceUpdate,
      cost,
      gate,
      maxAgeFrames,
    );
    const confidence = (track: number, detection: number) => halfAtTheGate(cost(track, detection), gate);
    return take(rest, matching, confidence, associations);
  }

  /** Overlap with the predicted box: tentative tracks, and those that were seen in the frame before. */
  #matchByOverlap(rest: Matching, detections: readonly Detection[], associations: Association[]): Matching {
    const tracks = this.#live;
    const { maxIouDistance, timeAwareness } = this.#options;
    const isFresh = (track: number) => at(tracks, track).timeSinceUpdate === 1;
    const predicted = tracks.map(({ tlwh }) => tlwh);
    const cost = (track: number, index: number) => {
      const { tlwh, anchor } = at(detections, index);
      return areTwoPeople(at(tracks, track).anchor, anchor) ? Infinity : 1 - iou(at(predicted, track), tlwh);
    };
    const gate = maxIouDistance * (1 - timeAwareness);
    const matching = minCostMatching(
      rest.unmatchedTracks.filter(isFresh),
      rest.unmatchedDetections,
      cost,
      gate,
    );
    const confidence = (track: number, detection: number) => halfAtTheGate(cost(track, detection), gate);
    return take(rest, matching, confidence, associations);
  }

  /** One assignment over all that is left, by the evidence that a pair is one person rather than two. */
  #matchByLikelihood(
    rest: Matching,
    timeMs: number,
    detections: readonly Detection[],
    associations: Association[],
  ): Matching {
    const tracks = this.#live;
    const { motion, maxCosineDistance, timeAwareness, pictureArea: area } = this.#options;
    const scene = { area, detections: detections.length };
    const leastEvidence = -Math.log(timeAwareness);
    const cost = (trackIndex: number, index: number): number => {
      const track = at(tracks, trackIndex);
      const detection = at(detections, index);
      if (areTwoPeople(track.anchor, detection.anchor)) return Infinity;
      const unseenSeconds = (timeMs - track.lastSeenMs) / 1000;
      const place = placeEvidence(track.motion, detection, unseenSeconds, scene, motion);
      // Galleries are dear to search: not where no likeness could save the pair.
      if (place + MOST_LOOKS_EVIDENCE < leastEvidence) return Infinity;
      return -(place + looksEvidence(track.gallery, detection, maxCosineDistance));
    };
    const matching = minCostMatching(rest.unmatchedTracks, rest.unmatchedDetections, cost, -leastEvidence);
    const confidence = (track: number, detection: number) => 1 / (1 + Math.exp(cost(track, detection)));
    return take(rest, matching, confidence, associations);
  }
}

/** Adds a stage's matches to the associations; what is left for the next stage. */
function take(
  rest: Matching,
  { matches }: Matching,
  confidence: (track: number, detection: number) => number,
  associations: Association[],
): Matching {
  for (const [track, detection] of matches) {
    associations.push({ track, detection, confidence: confidence(track, detection) });
  }
  const takenTracks = new Set(matches.map(([track]) => track));
  const takenDetections = new Set(matches.map(([, detection]) => detection));
  return {
    matches,
    unmatchedTracks: rest.unmatchedTracks.filter((track) => !takenTracks.has(track)),
    unmatchedDetections: rest.unmatchedDetections.filter((detection) => !takenDetections.has(detection)),
  };
}

/** A cost as a probability: 1 at no cost, a half where the gate closes. */
function halfAtTheGate(cost: number, gate: number): number {
  return 1 - (0.5 * Math.max(0, cost)) / gate;
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no item ${index} among ${items.length}`);
  return item;
}
