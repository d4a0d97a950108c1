/** One followed thing within one shot: its state in the tracker's life cycle, its motion, its looks and where it was seen. */
import { type Tlwh, xyahToTlwh } from '../geometry/box.ts';
import { AppearanceGallery } from './appearance-gallery.ts';
import type { Anchor, Detection } from './detection.ts';
import { type BoxState, initiate, predict, update } from './kalman-filter.ts';
import {
  correctMotion,
  type MotionPrior,
  type MotionState,
  predictMotion,
  startMotion,
} from './mean-reverting-motion.ts';
import { intervalsIn } from './sampling-rate.ts';

/** Tentative until seen often enough, deleted when missed too early or for too long. */
export type TrackState = 'tentative' | 'confirmed' | 'deleted';

/** Frames over which a velocity is carried on: whoever is lost for longer may be anywhere, and a gap can be of any length. */
const MOST_STEPS = 100_000;

/** One detection that was given to a track. */
export interface Sighting {
  /** How many frames the tracker had been shown before, 0-based. */
  readonly frame: number;
  readonly timeMs: number;
  readonly detection: Detection;
}

export interface TrackRules {
  /** Sightings in a row that confirm a track. */
  readonly hitsToConfirm: number;
  /** Frames without a sighting that a confirmed track survives. */
  readonly maxAgeFrames: number;
  /** The usual time between frames, so that a gap counts as the frames it lacks; null to count every frame as one, as published. */
  readonly frameIntervalMs: number | null;
  /** Most appearance vectors kept. */
  readonly nnBudget: number;
  readonly motion: MotionPrior;
}

export class Track {
  readonly id: number;
  readonly gallery: AppearanceGallery;
  readonly sightings: Sighting[];
  /** Frames since the last sighting, those lacking in gaps included. */
  timeSinceUpdate = 0;
  /** Frames shown since the last sighting. */
  shownSinceUpdate = 0;
  state: TrackState;
  /** Probability of the least certain of the associations that made the track, 0..1. */
  confidence = 1;
  /** Who it is, as far as a detection told. */
  anchor: Anchor | null;

  readonly #rules: TrackRules;
  #box: BoxState;
  #motion: MotionState;
  #predictedMotion: MotionState;

  constructor(id: number, sighting: Sighting, rules: TrackRules) {
    const { detection, timeMs } = sighting;
    this.id = id;
    this.#rules = rules;
    this.#box = initiate(detection.xyah);
    this.#motion = startMotion(detection, timeMs, rules.motion);
    this.#predictedMotion = this.#motion;
    this.gallery = new AppearanceGallery(rules.nnBudget);
    if (detection.look !== null) this.gallery.add(detection.look);
    this.anchor = detection.anchor;
    this.sightings = [sighting];
    this.state = rules.hitsToConfirm <= 1 ? 'confirmed' : 'tentative';
  }

  /** The frame-wise estimate of DeepSORT. */
  get box(): BoxState {
    return this.#box;
  }

  /** The mean of the frame-wise estimate. */
  get tlwh(): Tlwh {
    const [x, y, aspect, height] = this.#box;
    return xyahToTlwh([x.position, y.position, aspect.position, height.position]);
  }

  /** The estimate in seconds, at the time of the latest prediction or sighting. */
  get motion(): MotionState {
    return this.#predictedMotion;
  }

  /** Time of the last sighting. */
  get lastSeenMs(): number {
    return this.#motion.timeMs;
  }

  /** Moves both estimates on to the next frame, unless the track did not live to see it. */
  predict(timeMs: number): void {
    const { frameIntervalMs, maxAgeFrames, motion } = this.#rules;
    const gapMs = timeMs - this.#predictedMotion.timeMs;
    const steps = frameIntervalMs === null ? 1 : Math.max(1, intervalsIn(gapMs, frameIntervalMs));
    this.timeSinceUpdate += steps;
    this.shownSinceUpdate += 1;
    // In the frame before this one it would have been found missing once too often.
    if (this.timeSinceUpdate - 1 > maxAgeFrames) {
      this.state = 'deleted';
      return;
    }
    const counted = Math.min(steps, MOST_STEPS);
    for (let step = 0; step < counted; step++) this.#box = predict(this.#box);
    this.#predictedMotion = predictMotion(this.#motion, timeMs, motion);
  }

  /** @param confidence probability that the detection is the track's, 0..1 */
  update(sighting: Sighting, confidence: number): void {
    const { detection } = sighting;
    this.#box = update(this.#box, detection.xyah);
    this.#motion = correctMotion(this.#motion, this.#predictedMotion, detection, this.#rules.motion);
    this.#predictedMotion = this.#motion;
    if (detection.look !== null) this.gallery.add(detection.look);
    this.anchor = detection.anchor ?? this.anchor;
    this.sightings.push(sighting);
    this.confidence = Math.min(this.confidence, confidence);
    this.timeSinceUpdate = 0;
    this.shownSinceUpdate = 0;
    if (this.state === 'tentative' && this.sightings.length >= this.#rules.hitsToConfirm)
      this.state = 'confirmed';
  }

  markMissed(): void {
    if (this.state === 'tentative' || this.timeSinceUpdate > this.#rules.maxAgeFrames) this.state = 'deleted';
  }
}
