import { describe, expect, it } from '@jest/globals';
import { AppearanceGallery } from '../../src/tracking/appearance-gallery.ts';
import { cosineDistance, toLook } from '../../src/tracking/look.ts';
import { seededRandom } from '../../tools/seeded-random.ts';
import { readGolden } from './golden.ts';

interface Golden {
  readonly cases: readonly {
    readonly metric: string;
    readonly budget: number | null;
    readonly ops: readonly {
      readonly partial_fit: {
        readonly features: readonly (readonly number[])[];
        readonly targets: readonly number[];
        readonly active_targets: readonly number[];
      };
      readonly distance: {
        readonly features: readonly (readonly number[])[];
        readonly targets: readonly number[];
        readonly result: readonly (readonly number[])[];
      };
    }[];
  }[];
}

const look = (values: readonly number[]) => toLook(Float64Array.from(values));

describe('AppearanceGallery', () => {
  const cosine = readGolden<Golden>('nn_metric').cases.filter(({ metric }) => metric === 'cosine');

  it.each(cosine)('has the golden nearest-neighbour distances with budget $budget', ({ budget, ops }) => {
    const galleries = new Map<number, AppearanceGallery>();
    for (const { partial_fit: fit, distance } of ops) {
      fit.features.forEach((feature, i) => {
        const target = fit.targets[i] ?? Number.NaN;
        const gallery = galleries.get(target) ?? new AppearanceGallery(budget ?? Infinity);
        galleries.set(target, gallery);
        gallery.add(look(feature));
      });
      for (const target of galleries.keys()) {
        if (!fit.active_targets.includes(target)) galleries.delete(target);
      }
      distance.targets.forEach((target, row) => {
        distance.features.forEach((feature, column) => {
          const actual = galleries.get(target)?.distance(look(feature)) ?? Number.NaN;
          expect(Math.abs(actual - (distance.result[row]?.[column] ?? Number.NaN))).toBeLessThan(1e-9);
        });
      });
    }
  });

  it('is infinitely far from everything while it is empty', () => {
    expect(new AppearanceGallery(3).distance(look([1, 0]))).toBe(Infinity);
  });

  it('never holds more than its budget, and forgets the oldest', () => {
    const gallery = new AppearanceGallery(2);
    for (const vector of [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ])
      gallery.add(look(vector));
    expect(gallery.size).toBe(2);
    expect(gallery.distance(look([1, 0, 0]))).toBe(1);
    expect(gallery.distance(look([0, 1, 0]))).toBe(0);
  });
});

describe('leastDistance', () => {
  it('is there for more vectors than a call takes arguments', () => {
    const gallery = new AppearanceGallery(150_000);
    for (let i = 0; i < 150_000; i++) gallery.add(look([1, i % 2]));
    expect(gallery.leastDistance(look([1, 0.5]))).toBe(0);
    expect(gallery.leastDistance(look([-1, 0]))).toBeGreaterThan(1);
  });

  it('is nothing where vectors that cancel each other out have no centre', () => {
    const gallery = new AppearanceGallery(2);
    gallery.add(look([1, 0]));
    gallery.add(look([-1, 0]));
    expect(gallery.leastDistance(look([0, 1]))).toBe(0);
  });

  it('is never above the distance, whatever was added and dropped', () => {
    const random = seededRandom(5);
    const vector = (base: number) =>
      look(Array.from({ length: 10 }, (_, i) => (i === base ? 1 : 0) + 0.8 * (random() - 0.5)));
    const gallery = new AppearanceGallery(7);
    let pruned = 0;
    for (let i = 0; i < 300; i++) {
      gallery.add(vector(i < 150 ? 0 : 1));
      for (let person = 0; person < 4; person++) {
        const other = vector(person);
        expect(gallery.leastDistance(other)).toBeLessThanOrEqual(gallery.distance(other) + 1e-12);
        if (gallery.leastDistance(other) > 0.3) pruned += 1;
      }
    }
    expect(pruned).toBeGreaterThan(100);
  });
});

describe('cosineDistance', () => {
  it('does not depend on the lengths of the vectors', () => {
    expect(cosineDistance(look([2, 0]), look([0, 0.5]))).toBe(1);
    expect(cosineDistance(look([3, 0]), look([-7, 0]))).toBe(2);
  });
});
