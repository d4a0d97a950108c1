/** The Kalman filter of SORT and DeepSORT (arXiv 1602.00763, 1703.07402): a box at constant velocity, time counted in frames. */
import type { Xyah } from '../geometry/box.ts';
import { type AxisState, correctAxis, predictAxis, startAxis } from './axis-filter.ts';

/** Estimates of centre x, centre y, aspect ratio and height (pixels), each with its velocity per frame. */
export type BoxState = readonly [x: AxisState, y: AxisState, aspect: AxisState, height: AxisState];

/** The state in measurement space: where the next box is expected, and the variance of each coordinate. */
export interface ProjectedBox {
  readonly mean: Xyah;
  readonly variance: Xyah;
}

/** The 0.95 quantile of the chi-square distribution with four degrees of freedom: beyond it a box is no candidate. */
export const GATING_THRESHOLD = 9.4877;

/** Uncertainty of positions and velocities, in box heights; the published constants. */
const POSITION_WEIGHT = 1 / 20;
const VELOCITY_WEIGHT = 1 / 160;

/** The aspect ratio is taken as nearly constant, whatever the size of the box. */
const ASPECT_STD = 1e-2;
const ASPECT_VELOCITY_STD = 1e-5;
const ASPECT_MEASUREMENT_STD = 1e-1;

/** A new state from a first measurement, standing still. */
export function initiate([x, y, aspect, height]: Xyah): BoxState {
  const positionStd = 2 * POSITION_WEIGHT * height;
  const velocityStd = 10 * VELOCITY_WEIGHT * height;
  return [
    startAxis(x, positionStd, velocityStd),
    startAxis(y, positionStd, velocityStd),
    startAxis(aspect, ASPECT_STD, ASPECT_VELOCITY_STD),
    startAxis(height, positionStd, velocityStd),
  ];
}

/** The state one frame later. */
export function predict([x, y, aspect, height]: BoxState): BoxState {
  const step = oneFrame(POSITION_WEIGHT * height.position, VELOCITY_WEIGHT * height.position);
  return [
    predictAxis(x, step),
    predictAxis(y, step),
    predictAxis(aspect, oneFrame(ASPECT_STD, ASPECT_VELOCITY_STD)),
    predictAxis(height, step),
  ];
}

/** The distribution of the next measurement. */
export function project([x, y, aspect, height]: BoxState): ProjectedBox {
  const noise = measurementVariance(height.position);
  return {
    mean: [x.position, y.position, aspect.position, height.position],
    variance: [
      x.positionVariance + noise,
      y.positionVariance + noise,
      aspect.positionVariance + ASPECT_MEASUREMENT_STD ** 2,
      height.positionVariance + noise,
    ],
  };
}

/** Squared Mahalanobis distance of a measurement to the projected state (equation 1 of DeepSORT). */
export function gatingDistance({ mean, variance }: ProjectedBox, measurement: Xyah): number {
  return (
    (measurement[0] - mean[0]) ** 2 / variance[0] +
    (measurement[1] - mean[1]) ** 2 / variance[1] +
    (measurement[2] - mean[2]) ** 2 / variance[2] +
    (measurement[3] - mean[3]) ** 2 / variance[3]
  );
}

/** The state after a measurement was matched to it. */
export function update([x, y, aspect, height]: BoxState, measurement: Xyah): BoxState {
  const noise = measurementVariance(height.position);
  return [
    correctAxis(x, measurement[0], noise),
    correctAxis(y, measurement[1], noise),
    correctAxis(aspect, measurement[2], ASPECT_MEASUREMENT_STD ** 2),
    correctAxis(height, measurement[3], noise),
  ];
}

function measurementVariance(height: number): number {
  return (POSITION_WEIGHT * height) ** 2;
}

function oneFrame(positionStd: number, velocityStd: number) {
  return {
    reach: 1,
    memory: 1,
    positionNoise: positionStd ** 2,
    crossNoise: 0,
    velocityNoise: velocityStd ** 2,
  };
}
