/** Mends tracklets that broke within a shot: where one ends and another begins soon after, nearby and alike, one goes on. */
import type { Size } from '../geometry/box.ts';
import { type AllowedCosts, matchAllowed } from './assignment.ts';
import { looksEvidence, placeEvidenceOf, probabilityOf } from './association-likelihood.ts';
import { cosineDistance } from './look.ts';
import { predictMotion, startMotion } from './mean-reverting-motion.ts';
import { BODY_MOTION, FACE_MOTION } from './motion-priors.ts';
import { isWithinAge, type Patience } from './sampling-rate.ts';
import type { ShotTracklet } from './shot-tracklets.ts';
import type { Kind, Tracklet } from './tracklet.ts';

/** Gaps are mended as long as a lost track waits. */
export interface StitchingOptions extends Patience {
  readonly picture: Size;
  /** Cosine distance at which looks are undecided, by kind. */
  readonly maxDistance: Readonly<Record<Kind, number>>;
}

/** Two tracklets of one kind that are one. */
export interface Stitch {
  readonly before: Tracklet;
  readonly after: Tracklet;
  /** Probability that they are, 0..1. */
  readonly confidence: number;
}

/**
 * The stitches of one shot, by the same evidence as the time-aware association. The published one compares overlaps and
 * gates narrowly: at high rates a nodding head, or one hidden for a moment, is born again under another number.
 */
export function stitchTracklets(ofShot: readonly ShotTracklet[], options: StitchingOptions): Stitch[] {
  const groups = Map.groupBy(ofShot, ({ tracklet }) => tracklet.kind);
  return [...groups.values()].flatMap((group) => stitchGroup(group, options));
}

function stitchGroup(ofKind: readonly ShotTracklet[], options: StitchingOptions): Stitch[] {
  return matchAllowed(candidateCosts(ofKind, options), 0).flatMap(([i, j, negativeEvidence]) => {
    const [before, after] = [ofKind[i]?.tracklet, ofKind[j]?.tracklet];
    if (before === undefined || after === undefined) return [];
    return [{ before, after, confidence: probabilityOf(-negativeEvidence) }];
  });
}

/** For each tracklet, by index, those that likely go on where it ended, with what it costs: thousands of others never meet it. */
function candidateCosts(ofKind: readonly ShotTracklet[], options: StitchingOptions): AllowedCosts {
  const startMs = (index: number) => ofKind[index]?.tracklet.sightings[0]?.timeMs ?? Infinity;
  const byStart = [...ofKind.keys()].sort((a, b) => startMs(a) - startMs(b));
  const byEnd = [...ofKind.entries()]
    .map(([index, before]) => ({
      index,
      before,
      endMs: before.tracklet.sightings.at(-1)?.timeMs ?? Infinity,
    }))
    .sort((a, b) => a.endMs - b.endMs);
  const costs = new Map<number, Map<number, number>>();
  let next = 0;
  for (const { index, before, endMs } of byEnd) {
    while (startMs(byStart[next] ?? -1) <= endMs && next < byStart.length) next++;
    const found = new Map<number, number>();
    for (let k = next; k < byStart.length; k++) {
      const other = byStart[k] as number;
      if (!isWithinAge(startMs(other) - endMs, options)) break;
      const cost = -continuation(before, ofKind[other] as ShotTracklet, options);
      if (cost <= 0) found.set(other, cost);
    }
    if (found.size > 0) costs.set(index, found);
  }
  return costs;
}

/** Evidence that `after` goes on where `before` ended, in nats; -Infinity where it cannot. */
function continuation(
  { tracklet: before, ends: [, last] }: ShotTracklet,
  { tracklet: after, ends: [first] }: ShotTracklet,
  options: StitchingOptions,
): number {
  const { timeMs: lastMs = Infinity, frame: lastFrame = Infinity } = before.sightings.at(-1) ?? {};
  const { timeMs: firstMs = -Infinity, frame: firstFrame = -Infinity } = after.sightings[0] ?? {};
  const absence = { seconds: (firstMs - lastMs) / 1000, missedFrames: firstFrame - lastFrame - 1 };
  if (!(absence.seconds > 0 && isWithinAge(firstMs - lastMs, options))) return -Infinity;

  const prior = before.kind === 'face' ? FACE_MOTION : BODY_MOTION;
  const predicted = predictMotion(startMotion(last, lastMs, prior), firstMs, prior);
  const newcomers = { area: options.picture.width * options.picture.height, detections: 1 };
  const place = placeEvidenceOf(predicted, absence, newcomers, prior)(first);
  if (last.look === null || first.look === null) return place;
  const distance = cosineDistance(last.look, first.look);
  return place + looksEvidence(distance, options.maxDistance[before.kind], first.look.worth);
}
