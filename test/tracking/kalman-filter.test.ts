import { describe, expect, it } from '@jest/globals';
import type { Xyah } from '../../src/geometry/box.ts';
import {
  type BoxState,
  GATING_THRESHOLD,
  gatingDistance,
  initiate,
  predict,
  project,
  update,
} from '../../src/tracking/kalman-filter.ts';
import { readGolden } from './golden.ts';

interface Gaussian {
  readonly mean: readonly number[];
  readonly covariance: readonly (readonly number[])[];
}

interface Golden {
  readonly chi2inv95: Readonly<Record<string, number>>;
  readonly sequences: readonly {
    readonly name: string;
    readonly initiate: Gaussian & { readonly measurement: Xyah };
    readonly steps: readonly {
      readonly predict: Gaussian;
      readonly project: Gaussian;
      readonly gating: { readonly measurements: readonly Xyah[]; readonly distance4: readonly number[] };
      readonly update: (Gaussian & { readonly measurement: Xyah }) | null;
    }[];
  }[];
}

/** The state as the papers write it: mean of eight, covariance of eight by eight. */
function asGaussian(state: BoxState): Gaussian {
  const covariance = Array.from({ length: 8 }, () => Array.from({ length: 8 }, () => 0));
  const set = (row: number, column: number, value: number) => covariance[row]?.splice(column, 1, value);
  state.forEach((axis, i) => {
    set(i, i, axis.positionVariance);
    set(i, i + 4, axis.covariance);
    set(i + 4, i, axis.covariance);
    set(i + 4, i + 4, axis.velocityVariance);
  });
  const mean = [...state.map(({ position }) => position), ...state.map(({ velocity }) => velocity)];
  return { mean, covariance };
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  const worst = Math.max(
    ...expected.map((value, i) => {
      const error = Math.abs((actual[i] ?? Number.NaN) - value);
      return value === 0 ? error : error / Math.abs(value);
    }),
  );
  expect(worst).toBeLessThan(1e-9);
}

function expectGaussian(actual: Gaussian, expected: Gaussian): void {
  expectClose(actual.mean, expected.mean);
  expectClose(actual.covariance.flat(), expected.covariance.flat());
}

describe('the Kalman filter', () => {
  const golden = readGolden<Golden>('kalman');

  it.each(golden.sequences)('equals the golden numbers of "$name" to nine digits', (sequence) => {
    let state = initiate(sequence.initiate.measurement);
    expectGaussian(asGaussian(state), sequence.initiate);
    for (const step of sequence.steps) {
      state = predict(state);
      expectGaussian(asGaussian(state), step.predict);
      const projected = project(state);
      expectClose(projected.mean, step.project.mean);
      expectClose(
        projected.variance,
        step.project.covariance.map((row, i) => row[i] ?? Number.NaN),
      );
      expectClose(
        step.gating.measurements.map((measurement) => gatingDistance(projected, measurement)),
        step.gating.distance4,
      );
      if (step.update === null) continue;
      state = update(state, step.update.measurement);
      expectGaussian(asGaussian(state), step.update);
    }
  });

  it('gates at the 0.95 quantile for four dimensions', () => {
    expect(GATING_THRESHOLD).toBe(golden.chi2inv95['4']);
  });
});
