/** How large and how long a stranger's video may be. */

/** What a video may cost at most; beyond it the job fails for good instead of harming its neighbours. */
export interface VideoLimits {
  readonly maxBytes: number;
  /** Width x height of the stored picture. */
  readonly maxPixels: number;
  readonly maxDurationMs: number;
}

/** 5 GiB, 8192 x 4608 (8K), six hours: what the settings come to where nothing is set. */
export const DEFAULT_VIDEO_LIMITS: VideoLimits = {
  maxBytes: 5 * 1024 ** 3,
  maxPixels: 8192 * 4608,
  maxDurationMs: 6 * 3_600_000,
};
