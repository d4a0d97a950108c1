import { describe, expect, it } from '@jest/globals';
import { toDetection } from '../../src/tracking/detection.ts';
import { followShot } from '../../src/tracking/follow-shot.ts';
import { BODY_MOTION } from '../../src/tracking/motion-priors.ts';
import { looksOf, PICTURE } from './synthetic-video.ts';

const OPTIONS = {
  frameIntervalMs: 100,
  maxAgeSeconds: 3,
  maxCosineDistance: 0.2,
  nnBudget: 100,
  picture: PICTURE,
  motion: BODY_MOTION,
};

describe('followShot', () => {
  it('knows a body again by its place at ten frames a second, though one of the first frames is late', () => {
    const frames = [0, 100, 300, 400, 500].map((timeMs) => ({
      timeMs,
      detections: [
        toDetection({ x: 100, y: 100, width: 100, height: 300 }, 0.9, looksOf(1)),
        toDetection({ x: 900, y: 100, width: 100, height: 300 }, 0.9, null),
      ],
    }));
    const tracks = followShot(frames, OPTIONS);
    expect(tracks.map(({ sightings }) => sightings.length)).toEqual([5, 5]);
  });
});
