/** What the tracker found of one thing within one shot: the pieces that persons are joined from. */
import type { Look } from './appearance-gallery.ts';
import type { Detection } from './detection.ts';

export type Kind = 'face' | 'pose';

/** One detection of a tracklet. */
export interface TrackletSighting {
  /** Position in the video's list of frames. */
  readonly frame: number;
  /** Index in the frame's list of faces or poses. */
  readonly detection: number;
  readonly timeMs: number;
  /** The detector's, 0..1. */
  readonly confidence: number;
}

export interface Tracklet {
  readonly kind: Kind;
  /** Index of the shot. */
  readonly shot: number;
  /** Probability of the least certain association between its sightings, 0..1. */
  readonly confidence: number;
  /** Ascending in time, never empty. */
  readonly sightings: readonly TrackletSighting[];
  /** What was seen first and last. */
  readonly ends: readonly [first: Detection, last: Detection];
  /** Appearance of the sightings that have one; of many, some. */
  readonly looks: readonly Look[];
}
