/** Refuses observations that no tracker could follow, before they poison a filter. */
import { WorkerError } from '../errors.ts';
import { clipToPicture, type Tlwh } from '../geometry/box.ts';
import { type Appearance, toLook } from './appearance-gallery.ts';
import type { ObservedFrames } from './observations.ts';

/** A box with where it was found, for the message. */
interface Found {
  readonly what: string;
  readonly box: Tlwh;
  readonly appearance: Appearance | null;
}

/**
 * @throws WorkerError DETECTIONS_INVALID for frames out of order, and for boxes that are not finite, without area or wholly
 *   outside the picture
 */
export function validateObservations(
  frames: ObservedFrames,
  picture: { readonly width: number; readonly height: number },
): void {
  let previousMs = -Infinity;
  for (const { index, timestampMs, faces, poses } of frames) {
    if (!(timestampMs > previousMs && timestampMs < Infinity)) {
      refuse(
        `frame ${index}: its time ${timestampMs} ms does not follow ${previousMs} ms; frames must ascend`,
      );
    }
    previousMs = timestampMs;
    faces.forEach(({ box, embedding }, i) => {
      validateDetection({ what: `face ${i} of frame ${index}`, box, appearance: embedding }, picture);
    });
    poses.forEach(({ box, appearance }, i) => {
      validateDetection({ what: `pose ${i} of frame ${index}`, box, appearance }, picture);
    });
  }
}

/** The same for one detection; without a picture nothing is outside. */
export function validateDetection(
  { what, box, appearance }: Found,
  picture: { readonly width: number; readonly height: number } | null,
): void {
  const { x, y, width, height } = box;
  const shown = `[${x}, ${y}, ${width}, ${height}]`;
  if (![x, y, width, height].every(Number.isFinite)) refuse(`${what}: box ${shown} is not finite`);
  if (width <= 0 || height <= 0) refuse(`${what}: box ${shown} has no area`);
  if (picture !== null) {
    const inside = clipToPicture(box, picture);
    if (inside.width <= 0 || inside.height <= 0) {
      refuse(`${what}: box ${shown} lies outside the picture of ${picture.width}x${picture.height}`);
    }
  }
  if (appearance !== null) {
    const { inverseLength } = toLook(appearance);
    if (!(inverseLength > 0 && inverseLength < Infinity))
      refuse(`${what}: its appearance vector has no direction`);
  }
}

function refuse(problem: string): never {
  throw new WorkerError('DETECTIONS_INVALID', `${problem}: fix the detector that reported it`);
}
