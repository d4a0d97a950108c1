/** How a video will be sampled, and the opening that every sampling needs: what plans of fetching begin with. */

/** How the video will be sampled. */
export interface Sampling {
  /** Above 0. */
  readonly intervalMs: number;
  readonly toleranceMs: number;
}

/**
 * What ffmpeg looks at to find out what a stream is (at most 40 pictures, five seconds) and to show the first picture (at most 16 more):
 * with it in place, it finds out the same as in the whole file. So many pictures, or so many seconds where that is less.
 */
export const OPENING_PICTURES = 64;
export const OPENING_SECONDS = 6;
