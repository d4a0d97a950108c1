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

/** No film of hours has more pictures a second. */
const PICTURES_PER_SECOND = 120;
/** A phone's slow motion has twice as many, and nobody films an hour of it. */
const SLOW_MOTION_SECONDS = 3600;

/** How many pictures a video may list; a longer list is an attack on our memory. With the default limits three million, in 600 MB. */
export function maxPicturesOf({ maxDurationMs }: Pick<VideoLimits, 'maxDurationMs'>): number {
  const seconds = maxDurationMs / 1000;
  return PICTURES_PER_SECOND * (seconds + Math.min(seconds, SLOW_MOTION_SECONDS));
}
