import { describe, expect, it } from '@jest/globals';
import type { Engines } from '../../src/pipeline/engines.ts';
import { observeFrame } from '../../src/pipeline/observe-frame.ts';
import type { Pose } from '../../src/vision/pose/pose-landmarker.ts';
import { person } from '../helpers/skeletons.ts';

const BOX = { x: 10, y: 20, width: 30, height: 40 };

const POSE: Pose = {
  box: BOX,
  confidence: 0.9,
  landmarks: person(80, 20).landmarks.map((landmark) => ({ ...landmark, z: -7 })),
  worldLandmarks: [],
};

const ENGINES = {
  faceDetector: { detect: async () => [{ box: BOX, confidence: 0.8, landmarks: [{ x: 15, y: 25 }] }] },
  faceEmbedder: { embed: async () => [null] },
  poseLandmarker: { detect: async () => [POSE] },
} as unknown as Engines;

/** 160 x 90 pixels, which are not square: the source has two for each across and three down. */
const PICTURE = { width: 160, height: 90, data: new Uint8Array(160 * 90 * 3) };

describe('observeFrame', () => {
  it('tells places in pixels of the source, and depth in the scale of x', async () => {
    const options = { source: { width: 320, height: 270 }, detectPoses: true };
    const { faces, poses } = await observeFrame(PICTURE, ENGINES, options);
    const box = { x: 20, y: 60, width: 60, height: 120 };
    expect(faces).toMatchObject([{ box, landmarks: [{ x: 30, y: 75 }] }]);
    expect(poses).toMatchObject([{ box }]);
    expect(poses[0]?.landmarks[0]).toMatchObject({ x: 160, y: 60, z: -14 });
  });
});
