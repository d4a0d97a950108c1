/** A Kalman filter along one axis: a value and its rate of change. Both of the tracker's motion models are made of it. */

/**
 * Estimate of a value (a position in pixels, an aspect ratio) and its velocity (per frame or per second, as the model
 * counts time), with their 2x2 covariance.
 *
 * One axis at a time loses nothing against the 8x8 filter of the papers: there every noise is diagonal and the transition
 * couples each value with its own velocity only, so that the big covariance always is made of such 2x2 blocks.
 */
export interface AxisState {
  readonly position: number;
  readonly velocity: number;
  readonly positionVariance: number;
  readonly covariance: number;
  readonly velocityVariance: number;
}

/** What happens to an axis between two looks: the transition [[1, reach], [0, memory]] and its process noise. */
export interface AxisTransition {
  /** How far one unit of velocity carries the position. */
  readonly reach: number;
  /** The share of the velocity that is left, 0..1. */
  readonly memory: number;
  readonly positionNoise: number;
  readonly crossNoise: number;
  readonly velocityNoise: number;
}

/** A still axis, known to within the given standard deviations. */
export function startAxis(position: number, positionStd: number, velocityStd: number): AxisState {
  return {
    position,
    velocity: 0,
    positionVariance: positionStd ** 2,
    covariance: 0,
    velocityVariance: velocityStd ** 2,
  };
}

/** The estimate after a transition, before the next measurement. */
export function predictAxis(state: AxisState, transition: AxisTransition): AxisState {
  const { reach, memory } = transition;
  return {
    position: state.position + reach * state.velocity,
    velocity: memory * state.velocity,
    positionVariance:
      state.positionVariance +
      2 * reach * state.covariance +
      reach ** 2 * state.velocityVariance +
      transition.positionNoise,
    covariance: memory * (state.covariance + reach * state.velocityVariance) + transition.crossNoise,
    velocityVariance: memory ** 2 * state.velocityVariance + transition.velocityNoise,
  };
}

/** The estimate after the position was measured with the given variance. */
export function correctAxis(state: AxisState, measured: number, measurementVariance: number): AxisState {
  const innovation = measured - state.position;
  const innovationVariance = state.positionVariance + measurementVariance;
  const positionGain = state.positionVariance / innovationVariance;
  const velocityGain = state.covariance / innovationVariance;
  return {
    position: state.position + positionGain * innovation,
    velocity: state.velocity + velocityGain * innovation,
    positionVariance: positionGain * measurementVariance,
    covariance: velocityGain * measurementVariance,
    velocityVariance: state.velocityVariance - velocityGain * state.covariance,
  };
}
