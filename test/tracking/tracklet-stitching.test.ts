import { describe, expect, it } from '@jest/globals';
import { toDetection } from '../../src/tracking/detection.ts';
import type { ShotTracklet } from '../../src/tracking/shot-tracklets.ts';
import type { Kind } from '../../src/tracking/tracklet.ts';
import { stitchTracklets } from '../../src/tracking/tracklet-stitching.ts';
import { looksOf, PICTURE } from './synthetic-video.ts';

const OPTIONS = {
  picture: PICTURE,
  maxAgeSeconds: 10,
  frameIntervalMs: 100,
  maxDistance: { face: 0.5, pose: 0.13 },
};

interface Life {
  readonly fromMs: number;
  readonly toMs: number;
  readonly x: number;
  readonly person?: number;
  readonly kind?: Kind;
}

/** A tracklet that stays at one place. */
function living({ fromMs, toMs, x, person, kind = 'face' }: Life): ShotTracklet {
  const box = { x, y: 200, width: 80, height: 100 };
  const seen = toDetection(box, 0.9, person === undefined ? null : looksOf(person));
  const tracklet = {
    kind,
    shot: 0,
    confidence: 1,
    sightings: [fromMs, toMs].map((timeMs) => ({
      frame: Math.floor(timeMs / 100),
      detection: 0,
      timeMs,
      confidence: 0.9,
    })),
    recognizable: [],
  };
  return { tracklet, ends: [seen, seen] };
}

function stitched(...lives: Life[]): number[][] {
  const found = lives.map(living);
  const tracklets = found.map(({ tracklet }) => tracklet);
  return stitchTracklets(found, OPTIONS).map(({ before, after }) => [
    tracklets.indexOf(before),
    tracklets.indexOf(after),
  ]);
}

describe('stitchTracklets', () => {
  it('mends what broke for a moment, more surely the shorter the moment', () => {
    const broken = (gapMs: number) =>
      stitchTracklets(
        [living({ fromMs: 0, toMs: 1000, x: 300 }), living({ fromMs: 1000 + gapMs, toMs: 9000, x: 310 })],
        OPTIONS,
      )[0]?.confidence ?? 0;
    expect(broken(300)).toBeGreaterThan(0.9);
    expect(broken(300)).toBeGreaterThan(broken(4000));
  });

  it.each([0, -0.001, 0.001, 40])(
    'mends a gap of ten seconds and the jitter of its times (%d ms)',
    (jitterMs) => {
      const first = { fromMs: 0, toMs: 1000, x: 300, person: 1 };
      const again = (gapMs: number) => ({ ...first, fromMs: 1000 + gapMs, toMs: 2000 + gapMs });
      expect(stitched(first, again(10_000 + jitterMs))).toEqual([[0, 1]]);
      expect(stitched(first, again(10_100 + jitterMs))).toEqual([]);
    },
  );

  it('mends a chain', () => {
    expect(
      stitched(
        { fromMs: 0, toMs: 1000, x: 300 },
        { fromMs: 1400, toMs: 2000, x: 300 },
        { fromMs: 2300, toMs: 3000, x: 300 },
      ),
    ).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it.each([
    ['elsewhere', { x: 900 }],
    ['too late', { fromMs: 12_000, toMs: 13_000 }],
    ['at the same time', { fromMs: 900 }],
    ['of another kind', { kind: 'pose' as const }],
  ])('leaves alone what begins %s', (_name, other) => {
    const first = { fromMs: 0, toMs: 1000, x: 300 };
    expect(stitched(first, { ...first, fromMs: 1300, toMs: 2000, ...other })).toEqual([]);
  });

  it('tells apart by their looks who come one after the other to nearly one place', () => {
    const at = (fromMs: number, person: number) => ({
      fromMs,
      toMs: fromMs + 1000,
      x: 300 + fromMs / 50,
      person,
    });
    expect(stitched(at(0, 1), at(4000, 2))).toEqual([]);
    expect(stitched(at(0, 1), at(4000, 1))).toEqual([[0, 1]]);
  });
});
