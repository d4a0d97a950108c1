/** Motion in seconds, for frames far apart: a velocity that is forgotten with time (an Ornstein-Uhlenbeck process). */
import type { Point } from '../geometry/box.ts';
import { type AxisState, type AxisTransition, correctAxis, predictAxis, startAxis } from './axis-filter.ts';
import type { Detection } from './detection.ts';

/** How a kind of thing moves and how it is measured; lengths are in heights of its own box, so that no pixel size matters. */
export interface MotionPrior {
  /** Typical speed, box heights per second. */
  readonly speed: number;
  /** How long a velocity is worth something, seconds. */
  readonly memorySeconds: number;
  /** Jitter of the detector's boxes, standard deviation in box heights. */
  readonly positionNoise: number;
  /** Jitter of the detector's box heights, standard deviation of their logarithm. */
  readonly sizeNoise: number;
  /** How fast heights change, standard deviation of their logarithm per square root of a second. */
  readonly sizeRate: number;
  /** The share of those who stay about where they are, 0..1. */
  readonly stayingShare: number;
  /** How far they sway, standard deviation in box heights; it does not grow with time. */
  readonly sway: number;
  /** How often somebody new comes into view; Infinity where that may happen in any frame. */
  readonly arrivalsPerSecond: number;
}

/** Centre (pixels, velocities per second) and log height of a box at a time. */
export interface MotionState {
  readonly x: AxisState;
  readonly y: AxisState;
  readonly logHeight: number;
  readonly timeMs: number;
  /** Centre of the box as it was last seen. */
  readonly seenAt: Point;
}

/** How strongly a new height counts against the filtered one: half at once, all of it after this many seconds and more. */
const SIZE_MEMORY_SECONDS = 0.2;

/** A first sighting: the velocity is unknown, of the typical size. */
export function startMotion({ xyah, logHeight }: Detection, timeMs: number, prior: MotionPrior): MotionState {
  const [x, y, , height] = xyah;
  const positionStd = prior.positionNoise * height;
  const velocityStd = prior.speed * height;
  return {
    x: startAxis(x, positionStd, velocityStd),
    y: startAxis(y, positionStd, velocityStd),
    logHeight,
    timeMs,
    seenAt: { x, y },
  };
}

/**
 * Where the box is expected at a later time. The mean glides to a halt within the memory; the variance grows with the
 * square of time at first, as an unknown velocity does, and linearly in the end, as a random walk does.
 */
export function predictMotion(state: MotionState, timeMs: number, prior: MotionPrior): MotionState {
  const transition = afterSeconds((timeMs - state.timeMs) / 1000, prior, Math.exp(state.logHeight));
  return {
    x: predictAxis(state.x, transition),
    y: predictAxis(state.y, transition),
    logHeight: state.logHeight,
    timeMs,
    seenAt: state.seenAt,
  };
}

/** The state after it was seen again, `predicted` being `state` at the time of the detection. */
export function correctMotion(
  state: MotionState,
  predicted: MotionState,
  { xyah, logHeight }: Detection,
  prior: MotionPrior,
): MotionState {
  const [x, y, , height] = xyah;
  const noise = (prior.positionNoise * height) ** 2;
  const elapsedSeconds = (predicted.timeMs - state.timeMs) / 1000;
  const sizeGain = 1 - 0.5 * Math.exp(-elapsedSeconds / SIZE_MEMORY_SECONDS);
  return {
    x: correctAxis(predicted.x, x, noise),
    y: correctAxis(predicted.y, y, noise),
    logHeight: state.logHeight + sizeGain * (logHeight - state.logHeight),
    timeMs: predicted.timeMs,
    seenAt: { x, y },
  };
}

/** The exact discretisation of dv = -v/memory dt + noise, dx = v dt, whose speed has the prior's typical size in the long run. */
function afterSeconds(
  seconds: number,
  { speed, memorySeconds }: MotionPrior,
  height: number,
): AxisTransition {
  const memory = Math.exp(-seconds / memorySeconds);
  const variance = (speed * height) ** 2;
  return {
    reach: memorySeconds * (1 - memory),
    memory,
    positionNoise: variance * memorySeconds * (2 * seconds - memorySeconds * (3 - 4 * memory + memory ** 2)),
    crossNoise: variance * memorySeconds * (1 - memory) ** 2,
    velocityNoise: variance * (1 - memory ** 2),
  };
}
