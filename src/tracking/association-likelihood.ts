/** How much likelier it is that a detection continues a track than that it shows somebody new: the one cost that holds at any frame rate. */
import type { Point } from '../geometry/box.ts';
import type { Detection } from './detection.ts';
import type { MotionPrior, MotionState } from './mean-reverting-motion.ts';

/** What the alternative, somebody new, would look like in this frame. */
export interface Newcomers {
  /** Area of the picture, square pixels. */
  readonly area: number;
  /** Detections in the frame. */
  readonly detections: number;
}

/** How long a track was out of sight when the frame was taken. */
export interface Absence {
  readonly seconds: number;
  /** Frames between that were looked at without finding it. */
  readonly missedFrames: number;
}

/** Chance per second that the old position says nothing any more (behind something, out and in again), and its ceiling. */
const JUMP_RATE = 0.002;
const MOST_JUMP = 0.3;

/** One nat is lost for each so many seconds out of sight: the longer away, the likelier it was somebody else. */
const FORGET_SECONDS = 8;

/** Range of log height over which a newcomer's size is spread: a factor of e^3 = 20 between far and near. */
const LOG_HEIGHT_RANGE = 3;

/**
 * Evidence turns from for to against at this multiple of the embedder's threshold: the threshold is a gate for good matches,
 * and a pair a little beyond it, seen minutes and a turned head apart, is still no sign of two people.
 */
const NEUTRAL_DISTANCE = 1.25;

/** Vectors that have nothing in common are at right angles: here the evidence against is complete, however wide the threshold. */
const UNRELATED = 1;

/** Equal vectors are this far apart at most; a threshold of 0 asks for them. */
const ROUNDING = 1e-6;

/** The most that looks can say for or against, in nats: an appearance vector is one witness, not a proof. */
export const MOST_LOOKS_EVIDENCE = 5;

/** What the place and size of detections say of one track. */
export interface PlaceEvidence {
  /** In nats: log p(detection | the track moved there) - log p(detection | somebody new). */
  readonly of: (detection: Detection) => number;
  /** No detection has more. */
  readonly most: number;
  /**
   * The part of the picture outside of which no detection's centre has so much evidence; it may be larger than need be.
   * @param tallest height of the tallest detection, pixels
   */
  readonly reach: (evidence: number, tallest: number) => Reach;
}

/** Pixels, infinite where the place does not matter; a mere point where nothing is enough. */
export interface Reach {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * At short intervals the predicted place is narrow and decides; as it spreads out with time the term goes flat by itself
 * and leaves the decision to the looks.
 *
 * @param predicted the track's motion at the time of the frame
 * @param absence since the track was last seen
 * @returns the evidence of any detection of the frame; what depends on the track alone is worked out once
 */
export function placeEvidence(
  predicted: MotionState,
  { seconds, missedFrames }: Absence,
  newcomers: Newcomers,
  prior: MotionPrior,
): PlaceEvidence {
  const { x, y, seenAt, logHeight } = predicted;
  const movedTo = { x: x.position, y: y.position };
  const trackHeight = Math.exp(logHeight);
  const logMoving = Math.log1p(-prior.stayingShare);
  const logStaying = Math.log(prior.stayingShare);

  // A crowd makes a newcomer at this very place likelier; the square root is between "one in the picture" and "all alike".
  const logNewcomer =
    0.5 * Math.log(Math.max(1, newcomers.detections)) - Math.log(newcomers.area) - Math.log(LOG_HEIGHT_RANGE);
  const sizeVariance = prior.sizeNoise ** 2 + prior.sizeRate ** 2 * seconds;
  const logSizeScale = -0.5 * Math.log(2 * Math.PI * sizeVariance);

  const jump = Math.min(MOST_JUMP, 1 - Math.exp(-JUMP_RATE * seconds));
  const logJump = Math.log(jump);
  const logNoJump = Math.log1p(-jump);
  const forgotten = seconds / FORGET_SECONDS;
  // Whoever was there a frame ago is still there rather than gone, and somebody new in his place.
  const stays = missedFrames > 0 ? 0 : Math.max(0, -Math.log(prior.arrivalsPerSecond * seconds));

  const evidenceBy = (logPlace: number, logSize: number): number =>
    addLogs(logNoJump + logPlace + logSize - logNewcomer, logJump) - forgotten + stays;
  /** Variances of the two places where a detection of this height may be. */
  const spreadOf = (detectionHeight: number) => {
    const height = Math.max(trackHeight, detectionHeight);
    const noise = (prior.positionNoise * height) ** 2;
    const sway = (prior.sway * height) ** 2 + noise;
    return { x: x.positionVariance + noise, y: y.positionVariance + noise, sway };
  };
  const narrow = spreadOf(trackHeight);
  const mostMoved = logMoving + logNormalPeak(narrow.x, narrow.y);
  const mostStayed = logStaying + logNormalPeak(narrow.sway, narrow.sway);
  const mostPlace = addLogs(mostMoved, mostStayed);

  return {
    of: (detection) => {
      const spread = spreadOf(detection.xyah[3]);
      const moved = logNormal(detection, movedTo, spread.x, spread.y);
      const stayed = logNormal(detection, seenAt, spread.sway, spread.sway);
      const logPlace = addLogs(logMoving + moved, logStaying + stayed);
      const logSize = logSizeScale - (0.5 * (detection.logHeight - logHeight) ** 2) / sizeVariance;
      return evidenceBy(logPlace, logSize);
    },
    most: evidenceBy(mostPlace, logSizeScale),
    reach: (evidence, tallest) => {
      const density = evidence + forgotten - stays;
      if (logJump >= density) return EVERYWHERE;
      // What `of` makes of a place and a size, turned round; either of the two places has to give half of it at least.
      const needed =
        density + Math.log1p(-Math.exp(logJump - density)) - logNoJump - logSizeScale + logNewcomer;
      const tallestAlike =
        trackHeight * Math.exp(Math.sqrt(2 * sizeVariance * Math.max(0, mostPlace - needed)));
      const wide = spreadOf(Math.min(tallest, tallestAlike));
      const half = needed - Math.LN2 - ROUNDING;
      const reachMoved = Math.sqrt(2 * Math.max(0, mostMoved - half));
      const reachStayed = Math.sqrt(2 * Math.max(0, mostStayed - half) * wide.sway);
      const [reachX, reachY] = [reachMoved * Math.sqrt(wide.x), reachMoved * Math.sqrt(wide.y)];
      return {
        left: Math.min(movedTo.x - reachX, seenAt.x - reachStayed),
        right: Math.max(movedTo.x + reachX, seenAt.x + reachStayed),
        top: Math.min(movedTo.y - reachY, seenAt.y - reachStayed),
        bottom: Math.max(movedTo.y + reachY, seenAt.y + reachStayed),
      };
    },
  };
}

/** The evidence of `placeEvidence` alone. */
export function placeEvidenceOf(...given: Parameters<typeof placeEvidence>): PlaceEvidence['of'] {
  return placeEvidence(...given).of;
}

const EVERYWHERE: Reach = { left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity };

/**
 * Evidence of the looks, in nats: `MOST_LOOKS_EVIDENCE` for equal vectors that are worth it, its negative for strangers,
 * straight between either and the neutral distance.
 *
 * @param distance cosine distance of the detection to the track's gallery
 * @param maxCosineDistance the embedder's threshold
 * @param worth what likeness is worth, 0..1; unlikeness always counts
 */
export function looksEvidence(distance: number, maxCosineDistance: number, worth: number): number {
  const neutral = Math.max(ROUNDING, NEUTRAL_DISTANCE * maxCosineDistance);
  if (distance <= neutral) return worth * MOST_LOOKS_EVIDENCE * (1 - distance / neutral);
  const strange = neutral < UNRELATED ? Math.min(2 * neutral, UNRELATED) : 2 * neutral;
  return -MOST_LOOKS_EVIDENCE * Math.min(1, (distance - neutral) / (strange - neutral));
}

/** The probability that a pair is one person, by the evidence for it rather than for two, in nats. */
export function probabilityOf(evidence: number): number {
  return 1 / (1 + Math.exp(-evidence));
}

/** Logarithm of the normal density of the detection's centre, per square pixel. */
function logNormal({ xyah }: Detection, mean: Point, xVariance: number, yVariance: number): number {
  const distance = (xyah[0] - mean.x) ** 2 / xVariance + (xyah[1] - mean.y) ** 2 / yVariance;
  return -0.5 * (distance + Math.log(xVariance * yVariance)) - LOG_TWO_PI;
}

/** The same at the mean itself. */
function logNormalPeak(xVariance: number, yVariance: number): number {
  return -0.5 * Math.log(xVariance * yVariance) - LOG_TWO_PI;
}

const LOG_TWO_PI = Math.log(2 * Math.PI);

/** Beyond this difference the smaller of two summands is lost in rounding. */
const LOST_IN_ROUNDING = 40;

/** log(e^a + e^b) without overflow. */
function addLogs(a: number, b: number): number {
  const larger = Math.max(a, b);
  const difference = Math.abs(a - b);
  return difference < LOST_IN_ROUNDING ? larger + Math.log1p(Math.exp(-difference)) : larger;
}
