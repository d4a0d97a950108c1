import { describe, expect, it } from '@jest/globals';
import type { FrameSimilarity } from '../../src/geometry/frame-similarity.ts';
import type { FrameObservations } from '../../src/tracking/observations.ts';
import { findShots } from '../../src/tracking/shot-detection.ts';

/** Frames a second apart; between the first and the others, so much resemblance of colours and of structure. */
function frames(...similarities: readonly (readonly [colours: number, structure: number])[]) {
  const between: (FrameSimilarity | null)[] = similarities.map(([colours, structure]) => ({
    histogramIntersection: colours,
    greyCorrelation: structure,
  }));
  return [null, ...between].map(
    (similarityToPrevious, index): FrameObservations => ({
      index,
      timestampMs: index * 1000,
      faces: [],
      poses: [],
      similarityToPrevious,
    }),
  );
}

const shotsOf = (colours: number, structure: number, hints: readonly number[] = []) =>
  findShots(frames([colours, structure]), hints).length;

describe('a cut', () => {
  it('changes colours and structure', () => {
    expect(shotsOf(0.69, 0.69)).toBe(2);
    expect(shotsOf(0.1, -0.2)).toBe(2);
  });

  it('is believed of people dressed alike or before one backdrop, where the other change is the greater', () => {
    expect(shotsOf(0.73, 0.36)).toBe(2);
    expect(shotsOf(0.53, 0.71)).toBe(2);
  });

  it('is none where only the light changes, or somebody moves', () => {
    expect(shotsOf(0.07, 0.99)).toBe(1);
    expect(shotsOf(0.0, 0.76)).toBe(1);
    expect(shotsOf(0.9, 0.2)).toBe(1);
    expect(shotsOf(0.74, 0.72)).toBe(1);
  });

  it('needs less where the encoder, too, saw a new scene on the way', () => {
    expect(shotsOf(0.79, 0.79, [500])).toBe(2);
    expect(shotsOf(0.79, 0.79, [1000])).toBe(2);
    expect(shotsOf(0.79, 0.79, [0, 1001])).toBe(1);
    expect(shotsOf(0.81, 0.79, [500])).toBe(1);
  });
});

describe('shots', () => {
  it('follow each other without a gap, and tell the times of their first and last frame', () => {
    expect(findShots(frames([0.9, 0.9], [0.1, 0.1], [0.9, 0.9]))).toEqual([
      { index: 0, startMs: 0, endMs: 1000, firstFrame: 0, endFrame: 2 },
      { index: 1, startMs: 2000, endMs: 3000, firstFrame: 2, endFrame: 4 },
    ]);
    expect(findShots([])).toEqual([]);
  });
});
