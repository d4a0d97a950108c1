/** How faces, bodies and walkers move: the constants of the time-aware motion model, in heights of the box itself. */
import type { MotionPrior } from './mean-reverting-motion.ts';

/**
 * Heads in film. They move about a place, turning back within a fraction of a second, and often stay: people sit, stand and
 * talk. Without a share for those, the place would say little after two seconds, and the looks of a profile too much.
 */
export const FACE_MOTION: MotionPrior = {
  speed: 1.2,
  memorySeconds: 0.3,
  positionNoise: 0.05,
  sizeNoise: 0.1,
  sizeRate: 0.2,
  stayingShare: 0.4,
  sway: 0.3,
  arrivalsPerSecond: Infinity,
};

/**
 * Heads and shoulders of bodies in film (see upper-body): they sit and stand as heads do, or walk, three of their heights a
 * second. A face comes into view whenever a head turns; for a new body somebody has to come.
 */
export const BODY_MOTION: MotionPrior = {
  speed: 2,
  memorySeconds: 1,
  positionNoise: 0.1,
  sizeNoise: 0.25,
  sizeRate: 0.2,
  stayingShare: 0.4,
  sway: 0.3,
  arrivalsPerSecond: 0.2,
};

/** Whole pedestrians in front of a surveillance camera: they keep their course and cover their own height in under two seconds. */
export const WALKER_MOTION: MotionPrior = {
  speed: 0.6,
  memorySeconds: 2,
  positionNoise: 0.05,
  sizeNoise: 0.1,
  sizeRate: 0.2,
  stayingShare: 0,
  sway: 0.3,
  arrivalsPerSecond: Infinity,
};
