/** Refuses observations that no tracker could follow, before they poison a filter. */
import { WorkerError } from '../errors.ts';
import { clipToPicture, type Point, type Size, type Tlwh } from '../geometry/box.ts';
import { type Appearance, toLook } from './look.ts';
import type { ObservedFrames } from './observations.ts';

/** Pixels. No picture comes near it, and in the filters the squares of such numbers still differ from each other. */
const LARGEST_COORDINATE = 1e9;

/** Pixels. Boxes in fractions of a picture are still larger, and at the largest coordinate it still tells two edges apart. */
export const LEAST_SIZE = 1e-6;

/** A box with where it was found, for the message. */
interface Found {
  readonly what: string;
  readonly box: Tlwh;
  readonly appearance: Appearance | null;
}

/**
 * @throws WorkerError DETECTIONS_INVALID for frames out of order, for boxes that are not finite, beyond 1e9 pixels, smaller
 *   than a millionth of one or wholly outside the picture, for confidences outside 0..1, for landmarks that are not finite or beyond 1e9
 *   pixels, and for appearance vectors that cannot be compared
 */
export function validateObservations(frames: ObservedFrames, picture: Size): void {
  let previousMs = -Infinity;
  const [faceRules, poseRules] = [new DetectionRules(picture), new DetectionRules(picture)];
  for (const { index, timestampMs, faces, poses } of frames) {
    if (!(timestampMs > previousMs && timestampMs < Infinity)) {
      refuse(
        `frame ${index}: its time ${timestampMs} ms does not follow ${previousMs} ms; frames must ascend`,
      );
    }
    previousMs = timestampMs;
    faces.forEach(({ box, confidence, landmarks, embedding }, i) => {
      const what = `face ${i} of frame ${index}`;
      faceRules.require({ what, box, appearance: embedding });
      requireProbability(what, confidence);
      requirePoints(what, landmarks ?? []);
    });
    poses.forEach(({ box, confidence, landmarks, appearance }, i) => {
      const what = `pose ${i} of frame ${index}`;
      poseRules.require({ what, box, appearance });
      requireProbability(what, confidence);
      requirePoints(what, landmarks);
    });
  }
}

/** What holds for all detections of one kind, which are shown to it one after the other. */
export class DetectionRules {
  readonly #picture: Size | null;
  /** Length of the first appearance vector; null before it. */
  #length: number | null = null;

  /** @param picture pixels; without one nothing is outside */
  constructor(picture: Size | null) {
    this.#picture = picture;
  }

  /** @throws WorkerError DETECTIONS_INVALID */
  require({ what, box, appearance }: Found): void {
    const { x, y, width, height } = box;
    const shown = `[${x}, ${y}, ${width}, ${height}]`;
    if (![x, y, width, height].every(Number.isFinite)) refuse(`${what}: box ${shown} is not finite`);
    if ([x, y, width, height].some((value) => Math.abs(value) > LARGEST_COORDINATE))
      refuse(`${what}: box ${shown} reaches beyond ${LARGEST_COORDINATE} pixels`);
    if (width <= 0 || height <= 0) refuse(`${what}: box ${shown} has no area`);
    if (Math.min(width, height) < LEAST_SIZE)
      refuse(`${what}: box ${shown} is smaller than ${LEAST_SIZE} pixels`);
    if (this.#picture !== null) {
      const inside = clipToPicture(box, this.#picture);
      if (inside.width <= 0 || inside.height <= 0) {
        const { width: across, height: down } = this.#picture;
        refuse(`${what}: box ${shown} lies outside the picture of ${across}x${down}`);
      }
    }
    if (appearance !== null) this.#requireComparable(what, appearance);
  }

  /** A vector without a direction, or of another length than the others, has no distance to them. */
  #requireComparable(what: string, appearance: Appearance): void {
    const { inverseLength } = toLook(appearance);
    if (!(inverseLength > 0 && inverseLength < Infinity))
      refuse(`${what}: its appearance vector has no direction`);
    this.#length ??= appearance.length;
    if (appearance.length !== this.#length)
      refuse(
        `${what}: its appearance vector has ${appearance.length} numbers, those before it ${this.#length}`,
      );
  }
}

function requireProbability(what: string, confidence: number): void {
  if (!(confidence >= 0 && confidence <= 1))
    refuse(`${what}: its confidence ${confidence} is not within 0..1`);
}

function requirePoints(what: string, landmarks: readonly Point[]): void {
  landmarks.forEach(({ x, y }, i) => {
    if (Math.max(Math.abs(x), Math.abs(y)) <= LARGEST_COORDINATE) return;
    refuse(`${what}: landmark ${i}, [${x}, ${y}], is not within ${LARGEST_COORDINATE} pixels`);
  });
}

function refuse(problem: string): never {
  throw new WorkerError('DETECTIONS_INVALID', `${problem}: fix the detector that reported it`);
}
