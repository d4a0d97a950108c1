/**
 * Gives a face that looked like nobody for a moment back to its track: a head thrown back laughing, or behind a hand, is a stranger
 * to the embedder. What gives it away is the place, and that the track was missing for just as long as the stranger was there.
 */
import type { Size } from '../geometry/box.ts';
import { looksEvidence, placeEvidenceOf, probabilityOf } from './association-likelihood.ts';
import { cosineDistance } from './look.ts';
import { type MotionPrior, predictMotion, startMotion } from './mean-reverting-motion.ts';
import { isWithinAge } from './sampling-rate.ts';
import type { Sighting, Track } from './track.ts';

/** Of a track, what a mended one has as well. */
export type Followed = Pick<Track, 'sightings' | 'confidence'>;

export interface GapFillingOptions {
  /** The usual time between frames. */
  readonly frameIntervalMs: number;
  readonly maxCosineDistance: number;
  readonly picture: Size;
  readonly motion: MotionPrior;
}

/** Nobody looks like somebody else for longer. */
const MAX_AGE_SECONDS = 4;

/**
 * What the coincidence says against a stranger, in nats: one in twenty comes in the very frame in which somebody else goes, and
 * goes in the very frame in which that one is back.
 */
const COINCIDENCE = Math.log(20);

/** A track, the sighting after which it was missing, and who was there instead. */
interface Filling {
  readonly track: Followed;
  readonly before: Sighting;
  readonly filler: Followed;
  readonly evidence: number;
}

/**
 * The tracks of one shot, those that fill a gap of another made part of it.
 * @param detections how many each frame of the shot has
 */
export function fillGaps(
  tracks: readonly Followed[],
  detections: readonly number[],
  options: GapFillingOptions,
): Followed[] {
  const fillings = findFillings(tracks, detections, options).sort((a, b) => b.evidence - a.evidence);
  const fillersOf = new Map<Followed, Filling[]>();
  const used = new Set<Followed>();
  const filledGaps = new Set<Sighting>();
  for (const filling of fillings) {
    const { track, before, filler } = filling;
    if (used.has(filler) || used.has(track) || fillersOf.has(filler) || filledGaps.has(before)) continue;
    used.add(filler);
    filledGaps.add(before);
    fillersOf.set(track, [...(fillersOf.get(track) ?? []), filling]);
  }
  return tracks.filter((track) => !used.has(track)).map((track) => filled(track, fillersOf.get(track) ?? []));
}

function findFillings(
  tracks: readonly Followed[],
  detections: readonly number[],
  options: GapFillingOptions,
): Filling[] {
  const longest = { maxAgeSeconds: MAX_AGE_SECONDS, frameIntervalMs: options.frameIntervalMs };
  const bySpan = Map.groupBy(tracks, ({ sightings }) => span(sightings[0]?.frame, sightings.at(-1)?.frame));
  return tracks.flatMap((track) =>
    track.sightings.slice(1).flatMap((after, i) => {
      const before = track.sightings[i];
      if (before === undefined || !isWithinAge(after.timeMs - before.timeMs, longest)) return [];
      const fillers = bySpan.get(span(before.frame + 1, after.frame - 1)) ?? [];
      return fillers
        .map((filler) => ({
          track,
          before,
          filler,
          evidence: fillingEvidence(before, filler.sightings, after, detections, options),
        }))
        .filter(({ evidence }) => evidence > 0);
    }),
  );
}

function span(first: number | undefined, last: number | undefined): string {
  return `${first} to ${last}`;
}

/** Evidence that who was seen between two sightings of a track is the track's own person, in nats. */
function fillingEvidence(
  before: Sighting,
  between: readonly Sighting[],
  after: Sighting,
  detections: readonly number[],
  options: GapFillingOptions,
): number {
  const [first, last] = [between[0], between.at(-1)];
  if (first === undefined || last === undefined) return -Infinity;
  const looks = between.map(({ detection }) =>
    Math.max(...[before, after].map((known) => likeness(known, detection, options))),
  );
  return (
    COINCIDENCE +
    placeEvidence(before, first, detections, options) +
    placeEvidence(last, after, detections, options) +
    Math.max(...looks)
  );
}

function placeEvidence(
  from: Sighting,
  to: Sighting,
  detections: readonly number[],
  { picture, motion }: GapFillingOptions,
): number {
  const predicted = predictMotion(startMotion(from.detection, from.timeMs, motion), to.timeMs, motion);
  const absence = { seconds: (to.timeMs - from.timeMs) / 1000, missedFrames: 0 };
  const newcomers = { area: picture.width * picture.height, detections: detections[to.frame] ?? 1 };
  return placeEvidenceOf(predicted, absence, newcomers, motion)(to.detection);
}

function likeness(
  { detection: known }: Sighting,
  { look }: Sighting['detection'],
  { maxCosineDistance }: GapFillingOptions,
): number {
  if (known.look === null || look === null) return 0;
  return looksEvidence(cosineDistance(known.look, look), maxCosineDistance, look.worth);
}

function filled(track: Followed, fillings: readonly Filling[]): Followed {
  if (fillings.length === 0) return track;
  const sightings = [track, ...fillings.map(({ filler }) => filler)].flatMap((part) => part.sightings);
  const certainties = fillings.map(({ filler, evidence }) =>
    Math.min(filler.confidence, probabilityOf(evidence)),
  );
  return {
    sightings: sightings.sort((a, b) => a.frame - b.frame),
    confidence: Math.min(track.confidence, ...certainties),
  };
}
