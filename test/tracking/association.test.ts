import { describe, expect, it, jest } from '@jest/globals';
import { AppearanceGallery } from '../../src/tracking/appearance-gallery.ts';
import { associate } from '../../src/tracking/association.ts';
import { type Anchor, toDetection } from '../../src/tracking/detection.ts';
import { BODY_MOTION } from '../../src/tracking/motion-priors.ts';
import { Track } from '../../src/tracking/track.ts';
import { looksLike, randomDirection } from '../../tools/random-looks.ts';
import { seededRandom } from '../../tools/seeded-random.ts';

const RULES = {
  hitsToConfirm: 1,
  maxAgeFrames: 30,
  frameIntervalMs: 1000,
  nnBudget: 10,
  motion: BODY_MOTION,
};
const OPTIONS = {
  ...RULES,
  maxCosineDistance: 0.2,
  maxIouDistance: 0.7,
  overlapFrames: 1,
  timeAwareness: 1,
  pictureArea: 1280 * 720,
};

const seen = (x: number, anchor: Anchor | null) =>
  toDetection({ x, y: 100, width: 100, height: 200 }, 0.9, null, anchor);

/** A body of this anchor that was seen once, so long before the frame at 4 s. */
function trackOf(anchor: Anchor, x: number, secondsAgo: number): Track {
  const firstMs = 4000 - 1000 * secondsAgo;
  const track = new Track(1, { frame: 0, timeMs: firstMs, detection: seen(x, anchor) }, RULES);
  for (let timeMs = firstMs + 1000; timeMs <= 4000; timeMs += 1000) track.predict(timeMs);
  return track;
}

describe('associate', () => {
  const anchor: Anchor = { firstMs: 0, lastMs: 9000 };

  it('is certain of whom an anchor names, wherever the body went', () => {
    const scene = { timeMs: 4000, tracks: [trackOf(anchor, 0, 1)], detections: [seen(1100, anchor)] };
    expect(associate(scene, OPTIONS)).toEqual([{ track: 0, detection: 0, confidence: 1 }]);
  });

  it.each([
    ['first', [1, 3], 0],
    ['last', [3, 1], 1],
  ])('goes on with the fresher of two tracks of one anchor, if it is the %s', (_, secondsAgo, track) => {
    const tracks = secondsAgo.map((seconds) => trackOf(anchor, 1100, seconds));
    const scene = { timeMs: 4000, tracks, detections: [seen(1100, anchor)] };
    expect(associate(scene, OPTIONS)).toEqual([{ track, detection: 0, confidence: 1 }]);
  });

  it('searches the gallery of each of a crowd about once, although two looks of one person are a quarter apart', () => {
    const random = seededRandom(3);
    const crowd = Array.from({ length: 60 }, (_, i) => ({
      x: 60 * (i % 20),
      base: randomDirection(128, random),
    }));
    const look = ({ x, base }: (typeof crowd)[number]) =>
      toDetection({ x, y: 100, width: 30, height: 75 }, 0.9, looksLike(base, 0.6, random));
    const tracks = crowd.map((person, id) => {
      const track = new Track(id, { frame: 0, timeMs: 0, detection: look(person) }, RULES);
      for (let frame = 1; frame <= 10; frame++) {
        track.predict(1000 * frame);
        if (frame < 10) track.update({ frame, timeMs: 1000 * frame, detection: look(person) }, 1);
      }
      return track;
    });
    const search = jest.spyOn(AppearanceGallery.prototype, 'distance');
    const scene = { timeMs: 10_000, tracks, detections: crowd.map(look) };
    const found = associate(scene, { ...OPTIONS, maxCosineDistance: 0.6 });
    const searches = search.mock.calls.length;
    search.mockRestore();
    expect(found.map(({ track, detection }) => detection - track)).toEqual(crowd.map(() => 0));
    expect(searches).toBeLessThan(2 * crowd.length);
  });
});
