import { describe, expect, it } from '@jest/globals';
import { toDetection } from '../../src/tracking/detection.ts';
import { correctMotion, predictMotion, startMotion } from '../../src/tracking/mean-reverting-motion.ts';
import { WALKER_MOTION } from '../../src/tracking/motion-priors.ts';

const walker = (x: number) => toDetection({ x, y: 100, width: 50, height: 100 }, 0.9, null);

/** A walker seen every half second, 60 pixels further each time. */
function walking() {
  let state = startMotion(walker(0), 0, WALKER_MOTION);
  for (let step = 1; step <= 6; step++) {
    const predicted = predictMotion(state, step * 500, WALKER_MOTION);
    state = correctMotion(state, predicted, walker(step * 60), WALKER_MOTION);
  }
  return state;
}

describe('the mean-reverting motion', () => {
  it('carries a walker on in the direction he went', () => {
    const soon = predictMotion(walking(), 3500, WALKER_MOTION);
    expect(soon.x.position - (6 * 60 + 25)).toBeGreaterThan(40);
    expect(soon.x.position - (6 * 60 + 25)).toBeLessThan(70);
  });

  it('lets him stop in the end: the way still to go is bounded by speed times memory', () => {
    const state = walking();
    const late = predictMotion(state, 3000 + 60_000, WALKER_MOTION);
    expect(late.x.velocity).toBeCloseTo(0, 6);
    expect(late.x.position - state.x.position).toBeCloseTo(state.x.velocity * WALKER_MOTION.memorySeconds, 6);
  });

  it('predicts the same in one long step as in many short ones', () => {
    const state = walking();
    const once = predictMotion(state, 5000, WALKER_MOTION);
    let often = state;
    for (let timeMs = 3100; timeMs <= 5000; timeMs += 100)
      often = predictMotion(often, timeMs, WALKER_MOTION);
    expect(often.x.position).toBeCloseTo(once.x.position, 6);
    expect(often.x.positionVariance).toBeCloseTo(once.x.positionVariance, 6);
    expect(often.x.covariance).toBeCloseTo(once.x.covariance, 6);
    expect(often.x.velocityVariance).toBeCloseTo(once.x.velocityVariance, 6);
  });

  it('grows less certain with every second', () => {
    const state = walking();
    const variances = [0, 1, 2, 5, 10].map(
      (seconds) => predictMotion(state, 3000 + seconds * 1000, WALKER_MOTION).x.positionVariance,
    );
    expect(variances).toEqual([...variances].sort((a, b) => a - b));
  });
});
