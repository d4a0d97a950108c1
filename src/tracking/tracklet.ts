/** What the tracker found of one thing within one shot: the pieces that persons are joined from. */

export type Kind = 'face' | 'pose';

export const KINDS = ['face', 'pose'] as const satisfies Kind[];

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
  /** The sightings by whose looks somebody can be known; of many, some. The looks themselves stay where the frames are. */
  readonly recognizable: readonly TrackletSighting[];
}
