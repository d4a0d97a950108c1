/** How faces and bodies move in film: the constants of the time-aware motion model, in heights of the box itself. */
import type { MotionPrior } from './mean-reverting-motion.ts';

/** A walker covers about his own height in one and a half seconds. */
export const BODY_MOTION: MotionPrior = {
  speed: 0.6,
  memorySeconds: 2,
  positionNoise: 0.05,
  sizeNoise: 0.1,
  sizeRate: 0.2,
};

/**
 * A face is an eighth of a body, so the same movement is more of its heights; but heads move about a place, turning back
 * within a fraction of a second, where walkers keep their course.
 */
export const FACE_MOTION: MotionPrior = {
  speed: 1.2,
  memorySeconds: 0.3,
  positionNoise: 0.05,
  sizeNoise: 0.1,
  sizeRate: 0.2,
};
