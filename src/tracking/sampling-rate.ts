/** What the interval between frames means to the tracker: which of its two associations decides, and how many sightings make a track. */

/** The published counts of frames, and TRACKING_MAX_AGE after them, are of a video at this rate. */
export const PUBLISHED_FRAMES_PER_SECOND = 30;

/** Up to this interval (7 frames a second, in whole milliseconds) the published algorithm is the better one, and alone. */
const PUBLISHED_UP_TO_MS = 143;

/** From this interval on (4 frames a second) the time-aware association is alone. */
const TIME_AWARE_FROM_MS = 1000 / 4;

/** How long somebody must be seen for each further sighting that a track needs: 0.3 s for the published three. */
const MS_PER_CONFIRMATION = 150;

/** No camera is faster; what is measured in frames, such as the life of a lost track, would grow without bound below it. */
export const LEAST_INTERVAL_MS = 1;

/** Times carry the noise of their binary fractions: an interval that fills a span but for less than this share is one that fills it. */
const ROUNDING_NOISE = 1e-6;

/** The share of the time-aware association in the decision: 0 at 7 frames a second and more, 1 at 4 and less, linear between. */
export function timeAwareness(frameIntervalMs: number): number {
  const share = (frameIntervalMs - PUBLISHED_UP_TO_MS) / (TIME_AWARE_FROM_MS - PUBLISHED_UP_TO_MS);
  return Math.min(1, Math.max(0, share));
}

/**
 * Sightings in a row that confirm a track: the published `nInit` at 7 frames a second and more, fewer as frames come
 * rarer, a single one below 3.3.
 */
export function hitsToConfirm(nInit: number, frameIntervalMs: number): number {
  const spanMs = (nInit - 1) * MS_PER_CONFIRMATION;
  return 1 + Math.min(nInit - 1, wholeIntervals(spanMs, frameIntervalMs));
}

/** Frames over which boxes may be compared by overlap: as long as the published algorithm has a say, and at least one. */
export function overlapFrames(frameIntervalMs: number): number {
  return Math.max(1, wholeIntervals(TIME_AWARE_FROM_MS, frameIntervalMs));
}

/** How long something waits for its return: what is asked for, at the usual time between frames. */
export interface Patience {
  readonly maxAgeSeconds: number;
  readonly frameIntervalMs: number;
}

/** The frames that a lost track lives on: what comes nearest to the seconds asked for, and never less than one. */
export function maxAgeInFrames({ maxAgeSeconds, frameIntervalMs }: Patience): number {
  return Math.max(1, Math.round((maxAgeSeconds * 1000) / frameIntervalMs));
}

/**
 * The usual intervals that a gap between two frames is: a measured time is never exactly what it should be, by a binary
 * fraction or by half a picture of a film, and gaps of ten seconds are as usual as the limit of ten seconds is.
 */
export function intervalsIn(gapMs: number, frameIntervalMs: number): number {
  return Math.round(gapMs / frameIntervalMs);
}

/** Whether who was last seen that long ago may still return. */
export function isWithinAge(gapMs: number, patience: Patience): boolean {
  return intervalsIn(gapMs, patience.frameIntervalMs) <= maxAgeInFrames(patience);
}

function wholeIntervals(spanMs: number, frameIntervalMs: number): number {
  return Math.floor(spanMs / frameIntervalMs + ROUNDING_NOISE);
}

/**
 * The usual time between frames, to a millionth of a millisecond: times further from 0 differ by it with more noise. At least
 * `LEAST_INTERVAL_MS`; `fallbackMs` where there are no two frames.
 */
export function medianIntervalMs(timesMs: readonly number[], fallbackMs: number): number {
  const intervals = timesMs.slice(1).map((timeMs, i) => timeMs - (timesMs[i] ?? timeMs));
  intervals.sort((a, b) => a - b);
  const median = intervals[Math.floor((intervals.length - 1) / 2)];
  return median === undefined ? fallbackMs : Math.max(LEAST_INTERVAL_MS, Math.round(median * 1e6) / 1e6);
}

/**
 * The usual time between the samples of a video: their median, for a decoder may deliver fewer than it was asked for. Never more, though
 * two neighbouring samples may show pictures next to each other, any fraction of a millisecond apart: the half of what was asked for is
 * the least, lest a gap counts as millions of frames and nobody is seen often enough.
 * @param askedMs time between two samples
 */
export function usualIntervalMs(timesMs: readonly number[], askedMs: number): number {
  return Math.max(askedMs / 2, medianIntervalMs(timesMs, askedMs));
}
