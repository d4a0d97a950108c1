import { describe, expect, it } from '@jest/globals';
import { tlwhToXyah } from '../../src/geometry/box.ts';
import { AppearanceGallery } from '../../src/tracking/appearance-gallery.ts';
import type { AxisState } from '../../src/tracking/axis-filter.ts';
import {
  type BoxState,
  GATING_THRESHOLD,
  gatingDistance,
  project,
} from '../../src/tracking/kalman-filter.ts';
import { toLook } from '../../src/tracking/look.ts';
import { matchingCascade } from '../../src/tracking/matching-cascade.ts';
import { readGolden } from './golden.ts';

interface Golden {
  readonly matching_cascade: readonly {
    readonly name: string;
    readonly cascade_depth: number;
    readonly max_distance: number;
    readonly gated: boolean;
    readonly tracks: readonly {
      readonly time_since_update: number;
      readonly mean: readonly number[];
      readonly covariance: readonly (readonly number[])[];
      readonly gallery: readonly (readonly number[])[];
    }[];
    readonly detections: readonly {
      readonly tlwh: readonly [number, number, number, number];
      readonly feature: readonly number[];
    }[];
    readonly cost_all: readonly (readonly number[])[];
    readonly matches: readonly (readonly [number, number])[];
  }[];
}

const GATED_COST = 1e5;

function toBoxState(mean: readonly number[], covariance: readonly (readonly number[])[]): BoxState {
  const axis = (i: number): AxisState => ({
    position: mean[i] ?? Number.NaN,
    velocity: mean[i + 4] ?? Number.NaN,
    positionVariance: covariance[i]?.[i] ?? Number.NaN,
    covariance: covariance[i]?.[i + 4] ?? Number.NaN,
    velocityVariance: covariance[i + 4]?.[i + 4] ?? Number.NaN,
  });
  return [axis(0), axis(1), axis(2), axis(3)];
}

describe('matchingCascade', () => {
  it.each(readGolden<Golden>('assignment').matching_cascade)('equals the golden run "$name"', (example) => {
    const detections = example.detections.map(({ tlwh: [x, y, width, height], feature }) => ({
      xyah: tlwhToXyah({ x, y, width, height }),
      look: toLook(Float64Array.from(feature)),
    }));
    const costs = example.tracks.map(({ mean, covariance, gallery: features }) => {
      const gallery = new AppearanceGallery(Infinity);
      for (const feature of features) gallery.add(toLook(Float64Array.from(feature)));
      const projected = project(toBoxState(mean, covariance));
      return detections.map(({ xyah, look }) =>
        example.gated && gatingDistance(projected, xyah) > GATING_THRESHOLD
          ? GATED_COST
          : gallery.distance(look),
      );
    });
    costs.flat().forEach((cost, i) => {
      expect(Math.abs(cost - (example.cost_all.flat()[i] ?? Number.NaN))).toBeLessThan(1e-9);
    });
    const matches = matchingCascade(
      [...example.tracks.keys()],
      [...example.detections.keys()],
      (track) => example.tracks[track]?.time_since_update ?? Number.NaN,
      (track, detection) => costs[track]?.[detection] ?? Number.NaN,
      example.max_distance,
      example.cascade_depth,
    );
    expect(matches.map(([track, detection]) => [track, detection])).toEqual(example.matches);
  });

  it('prefers the track that was seen more recently, even at a higher cost', () => {
    const lostFor = [5, 1];
    const cost = [[0.01], [0.15]];
    const matches = matchingCascade(
      [0, 1],
      [0],
      (track) => lostFor[track] ?? 0,
      (track, detection) => cost[track]?.[detection] ?? 1,
      0.2,
      30,
    );
    expect(matches).toEqual([[1, 0, 0.15]]);
  });
});
