import { describe, expect, it } from '@jest/globals';
import { toDetection } from '../../src/tracking/detection.ts';
import { DEFAULT_TRACKING_OPTIONS, followPeople } from '../../src/tracking/follow-people.ts';
import { type Followed, fillGaps } from '../../src/tracking/gap-filling.ts';
import { FACE_MOTION } from '../../src/tracking/motion-priors.ts';
import { faceOf, film, looksOf, PICTURE, poseOf } from './synthetic-video.ts';

const OPTIONS = { frameIntervalMs: 1000, picture: PICTURE, maxCosineDistance: 0.5, motion: FACE_MOTION };

/** A track of somebody seen at `x` in the given frames, one a second from the given time on. */
function track(person: number, x: number, frames: readonly number[], fromMs = 0): Followed {
  const tlwh = { x, y: 200, width: 80, height: 100 };
  return {
    confidence: 0.9,
    sightings: frames.map((frame) => ({
      frame,
      timeMs: fromMs + frame * 1000,
      detection: toDetection(tlwh, 0.9, looksOf(person)),
    })),
  };
}

function framesOf(tracks: readonly Followed[]): number[][] {
  const filled = fillGaps(tracks, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], OPTIONS);
  return filled.map(({ sightings }) => sightings.map(({ frame }) => frame));
}

describe('fillGaps', () => {
  it('gives who was there just while another was missing back to that one', () => {
    const [whole, ...others] = fillGaps(
      [track(1, 300, [0, 1, 4, 5]), track(7, 310, [2, 3])],
      [1, 1, 1, 1, 1, 1],
      OPTIONS,
    );
    expect(others).toEqual([]);
    expect(whole?.sightings.map(({ frame }) => frame)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(whole?.confidence).toBeGreaterThan(0.5);
    expect(whole?.confidence).toBeLessThanOrEqual(0.9);
  });

  it('lets the coincidence alone outweigh looks and a place that speak against it a little', () => {
    expect(framesOf([track(1, 300, [0, 1, 4, 5]), track(7, 465, [2, 3])])).toHaveLength(1);
  });

  it.each([
    ['stays longer than that', track(7, 310, [2, 3, 4])],
    ['comes later', track(7, 310, [3])],
    ['is somewhere else', track(7, 900, [2, 3])],
  ])('leaves a stranger alone who %s', (_name, stranger) => {
    expect(framesOf([track(1, 300, [0, 1, 4, 5]), stranger])).toHaveLength(2);
  });

  it('leaves a long gap open', () => {
    expect(framesOf([track(1, 300, [0, 1, 8, 9]), track(7, 300, [2, 3, 4, 5, 6, 7])])).toHaveLength(2);
  });

  it.each([0, 123.456, 0.1])('fills a gap of four seconds when the clock started at %d ms', (fromMs) => {
    const tracks = [track(1, 300, [0, 1, 5, 6], fromMs), track(7, 310, [2, 3, 4], fromMs)];
    expect(framesOf(tracks)).toEqual([[0, 1, 2, 3, 4, 5, 6]]);
  });

  it('never gives one track two faces of a frame', () => {
    const frames = framesOf([track(1, 300, [0, 3]), track(7, 310, [1, 2]), track(8, 305, [1, 2])]);
    expect(frames).toEqual([
      [0, 1, 2, 3],
      [1, 2],
    ]);
  });
});

describe('followPeople', () => {
  it.each([1000, 1300, 2000])(
    'keeps one id for a face that is not known for a moment, a frame every %d ms',
    (intervalMs) => {
      // Thrown back, her head is shorter as well as unknown, and a little elsewhere.
      const thrownBack = faceOf(7, { x: 325, y: 290 });
      const box = { ...thrownBack.box, height: 70 };
      const people = film({
        frames: 12,
        intervalMs,
        faces: (frame) => [
          frame === 5 ? { ...thrownBack, box } : faceOf(0, { x: 300, y: 300 }),
          faceOf(1, { x: 700, y: 300 }),
        ],
        poses: () => [poseOf({ x: 300, y: 300 }), poseOf({ x: 700, y: 300 })],
      });
      const { tracks } = followPeople(people, {
        ...DEFAULT_TRACKING_OPTIONS,
        picture: PICTURE,
        frameIntervalMs: intervalMs,
        maxCosineDistance: 0.5,
      });
      expect(tracks.map(({ kind, personId, observations }) => [kind, personId, observations])).toEqual([
        ['face', 1, 12],
        ['face', 2, 12],
        ['pose', 1, 12],
        ['pose', 2, 12],
      ]);
    },
  );
});
