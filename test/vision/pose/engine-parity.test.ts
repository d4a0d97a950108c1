import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { comparePoses, type Parity } from '../../../eval/pose-parity.ts';
import { ownSpread } from '../../../eval/pose-rounding.ts';
import { videoFrames } from '../../../eval/video-frames.ts';
import type { RgbImage } from '../../../src/geometry/rgb-image.ts';
import { openModel } from '../../../src/inference/model-store.ts';
import { BlazePoseLandmarker } from '../../../src/vision/pose/blazepose-landmarker.ts';
import { BlazePoseNetworks } from '../../../src/vision/pose/blazepose-networks.ts';
import { TasksVisionPoseLandmarker } from '../../../src/vision/pose/tasks-vision-landmarker.ts';
import { median } from '../../../tools/median.ts';
import { bundleProduct } from '../../../tools/models-build/pose-networks.ts';
import { drawTwoPeople, readPicture } from '../../helpers/pictures.ts';
import { describeWithShared, sharedPath } from '../../helpers/shared.ts';

/** Pixels of the picture. */
const MAX_MEAN = 0.1;
const MAX_DISTANCE = 1;

const options = { maxPoses: 1, minPresence: 0.5 };

let official: TasksVisionPoseLandmarker;
let ours: BlazePoseLandmarker;

const networks = async () => ({
  detectorModel: await openModel('pose-detector', { role: 'pose-detector' }),
  landmarksModel: await openModel('pose-landmarks-lite', { role: 'pose-landmarks' }),
});

beforeAll(async () => {
  official = await TasksVisionPoseLandmarker.load({
    bundle: await bundleProduct('lite').build(),
    ...options,
  });
  ours = await BlazePoseLandmarker.load({ ...(await networks()), ...options });
});

afterAll(() => Promise.all([official.close(), ours.close()]));

function isWithinBounds(parity: Parity): boolean {
  return parity !== null && parity.missed === 0 && parity.mean <= MAX_MEAN && parity.max <= MAX_DISTANCE;
}

describe('both engines', () => {
  it('agree on the drawn people', async () => {
    const { image } = await drawTwoPeople(1280, 720);
    expect(isWithinBounds(await comparePoses(image, ours, official))).toBe(true);
  });
});

// Where the region is no larger than the picture or the person is easy to see, so that the last bits of the detector do not show.
describeWithShared('both engines on real pictures', () => {
  it.each(['pose.jpg', 'portrait.jpg'])('agree to a tenth of a pixel in %s', async (file) => {
    const image = await readPicture(sharedPath('media', 'expected', file));
    expect(isWithinBounds(await comparePoses(image, ours, official))).toBe(true);
  });

  it.each([
    ['expected/pose_squats.mp4', 1000],
    ['csci576-interview.mp4', 4000],
    ['fsgan-conan_obrien.mp4', 2000],
    ['intel-asl-sister.mkv', 2000],
  ])('agree to a tenth of a pixel in frames of %s', async (file, intervalMs) => {
    for await (const image of videoFrames(sharedPath('media', file), intervalMs)) {
      const parity = await comparePoses(image, ours, official);
      expect(parity).toMatchObject({ missed: 0 });
      expect(parity?.mean).toBeLessThanOrEqual(MAX_MEAN);
      expect(parity?.max).toBeLessThanOrEqual(MAX_DISTANCE);
    }
  });
});

describeWithShared('both engines on photographs of crowds, couples and dancers', () => {
  const ONE_IN = 4;
  const parities: Parity[] = [];
  const spreads: number[] = [];

  beforeAll(async () => {
    const { detectorModel, landmarksModel } = await networks();
    const blazePose = await BlazePoseNetworks.load(detectorModel, landmarksModel);
    for await (const image of photographs()) {
      const parity = await comparePoses(image, ours, official);
      const spread = await ownSpread(image, blazePose);
      if (parity === null || spread === null || parity.missed > 0 || Number.isNaN(parity.mean)) continue;
      parities.push(parity);
      spreads.push(spread.mean);
    }
    await blazePose.close();
  }, 60_000);

  async function* photographs(): AsyncGenerator<RgbImage> {
    const files = (await readdir(sharedPath('eval', 'faces'))).filter((file) => file.endsWith('.jpg'));
    for (const [index, file] of files.toSorted().entries()) {
      if (index % ONE_IN === 0) yield readPicture(sharedPath('eval', 'faces', file));
    }
  }

  it('agree to a tenth of a pixel in two of three', () => {
    expect(parities.length).toBeGreaterThan(10);
    const within = parities.filter(isWithinBounds);
    expect(within.length / parities.length).toBeGreaterThanOrEqual(2 / 3);
  });

  it('agree better than ours with itself when the last bits of its detector change', () => {
    const means = parities.map((parity) => parity?.mean ?? Number.NaN);
    expect(median(means)).toBeLessThanOrEqual(median(spreads));
  });
});
