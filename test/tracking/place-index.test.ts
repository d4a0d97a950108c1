import { describe, expect, it } from '@jest/globals';
import { placeEvidence } from '../../src/tracking/association-likelihood.ts';
import { type Detection, toDetection } from '../../src/tracking/detection.ts';
import { correctMotion, predictMotion, startMotion } from '../../src/tracking/mean-reverting-motion.ts';
import { BODY_MOTION, FACE_MOTION, WALKER_MOTION } from '../../src/tracking/motion-priors.ts';
import { PlaceIndex } from '../../src/tracking/place-index.ts';
import { seededRandom } from '../../tools/seeded-random.ts';

const random = seededRandom(13);

function somewhere(): Detection {
  const height = 30 * 8 ** random();
  return toDetection({ x: 1900 * random(), y: 1000 * random(), width: height / 2, height }, 0.9, null);
}

describe('PlaceIndex', () => {
  it('has the detections within reach, edges included, and no others', () => {
    const detections = Array.from({ length: 60 }, somewhere);
    const indices = [...detections.keys()].filter((index) => index % 3 > 0);
    const index = new PlaceIndex(detections, indices);
    for (let i = 0; i < 200; i++) {
      const [[left, top], [right, bottom]] = [somewhere().xyah, somewhere().xyah];
      const expected = indices.filter((d) => {
        const [x = 0, y = 0] = detections[d]?.xyah ?? [];
        return x >= left && x <= right && y >= top && y <= bottom;
      });
      expect(index.within({ left, right, top, bottom }).toSorted((a, b) => a - b)).toEqual(expected);
    }
    const [x, y] = somewhere().xyah;
    const one = new PlaceIndex([{ ...somewhere(), xyah: [x, y, 1, 1] }], [0]);
    expect(one.within({ left: x, right: x, top: y, bottom: y })).toEqual([0]);
  });

  it.each([
    ['faces', FACE_MOTION],
    ['bodies', BODY_MOTION],
    ['walkers', WALKER_MOTION],
  ])(
    'leaves out none of the %s whose place speaks for a track enough, and most of the others',
    (_, motion) => {
      const detections = Array.from({ length: 200 }, somewhere);
      const index = new PlaceIndex(detections, [...detections.keys()]);
      const tallest = Math.max(...detections.map(({ xyah }) => xyah[3]));
      const counts = { enough: 0, leftOut: 0, aboveMost: 0, found: 0, all: 0 };
      for (let i = 0; i < 100; i++) {
        const seconds = 0.03 * 400 ** random();
        const first = somewhere();
        const [x, y, aspect, height] = first.xyah;
        const start = startMotion(first, -500, motion);
        const walked: Detection = { ...first, xyah: [x + 40 * random(), y + 40 * random(), aspect, height] };
        const state = correctMotion(start, predictMotion(start, 0, motion), walked, motion);
        const place = placeEvidence(
          predictMotion(state, 1000 * seconds, motion),
          { seconds, missedFrames: i % 3 },
          { area: 1920 * 1080, detections: 200 },
          motion,
        );
        const evidences = detections.map((detection) => place.of(detection));
        counts.aboveMost += evidences.filter((evidence) => evidence > place.most + 1e-9).length;
        for (const least of [-6, -5, -4, 0, 3]) {
          const within = new Set(index.within(place.reach(least, tallest)));
          const enough = [...detections.keys()].filter((d) => (evidences[d] ?? 0) >= least);
          counts.enough += enough.length;
          counts.leftOut += enough.filter((d) => !within.has(d)).length;
          counts.found += within.size;
          counts.all += detections.length;
        }
      }
      expect(counts).toMatchObject({ leftOut: 0, aboveMost: 0 });
      expect(counts.enough).toBeGreaterThan(counts.all / 200);
      expect(counts.found).toBeLessThan(counts.all / 2);
    },
  );
});
