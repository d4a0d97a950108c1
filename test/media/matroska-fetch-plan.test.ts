import { describe, expect, it } from '@jest/globals';
import { planMatroskaFetch } from '../../src/media/matroska-fetch-plan.ts';

const HEADER_BYTES = 1000;
const CLUSTER_BYTES = 10_000_000;

/** Numbers of the clusters that are fetched of a film whose clusters begin at these times. */
function fetched(startsMs: readonly number[], intervalMs: number, toleranceMs = 0): number[] {
  const starts = startsMs.map((_, cluster) => HEADER_BYTES + cluster * CLUSTER_BYTES);
  const cues = startsMs.map((timeMs, cluster) => ({ timeMs, clusterStart: starts[cluster] ?? 0 }));
  const fileBytes = HEADER_BYTES + startsMs.length * CLUSTER_BYTES;
  const list = { cues, headerEnd: HEADER_BYTES, frameMs: 40 };
  const { parts } = planMatroskaFetch(list, fileBytes, { intervalMs, toleranceMs });
  return [...starts.keys()].filter((cluster) =>
    parts.some(({ start, end }) => start <= (starts[cluster] ?? 0) && (starts[cluster] ?? 0) < end),
  );
}

describe('the clusters of a Matroska file that a plan needs', () => {
  it('are the opening, those of the samples, and the last', () => {
    const everyFiveSeconds = Array.from({ length: 10 }, (_, i) => i * 5000);
    expect(fetched(everyFiveSeconds, 21_000)).toEqual([0, 4, 8, 9]);
  });

  it('hold a picture that is shown before a keyframe and stored after it', () => {
    const tenSeconds = [0, 10_000, 20_000, 30_000, 40_000, 50_000];
    expect(fetched(tenSeconds, 29_400)).toEqual([0, 2, 5]);
    expect(fetched(tenSeconds, 29_600)).toEqual([0, 2, 3, 5]);
    expect(fetched(tenSeconds, 29_400, 300)).toEqual([0, 2, 3, 5]);
  });

  it('do not hold what comes before a keyframe that is late by less than half a picture', () => {
    const late = [0, 10_003, 20_003, 30_003, 40_003, 50_003];
    expect(fetched(late, 20_000)).toEqual([0, 2, 4, 5]);
    const later = [0, 10_003, 20_021, 30_003, 40_021, 50_003];
    expect(fetched(later, 20_000)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(fetched(late, 20_000, 400)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('reach back by the tolerance from a sample behind the last keyframe', () => {
    const tenSeconds = [0, 10_000, 20_000, 30_000, 40_000, 50_000];
    expect(fetched(tenSeconds, 25_200, 300)).toEqual([0, 2, 5]);
    expect(fetched(tenSeconds, 25_200, 500)).toEqual([0, 2, 4, 5]);
  });
});
