import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { videoFrames } from '../../../eval/video-frames.ts';
import { openModel } from '../../../src/inference/model-store.ts';
import { FaceDetector } from '../../../src/vision/face-detector.ts';
import { toFaceHint } from '../../../src/vision/pose/pose-landmarker.ts';
import { explainsFace } from '../../../src/vision/pose/same-body.ts';
import { TasksVisionPoseLandmarker } from '../../../src/vision/pose/tasks-vision-landmarker.ts';
import { bundleProduct } from '../../../tools/models-build/pose-networks.ts';
import { drawTwoPeople, plain } from '../../helpers/pictures.ts';
import { describeWithShared, sharedPath } from '../../helpers/shared.ts';

let bundle: Uint8Array;
let official: TasksVisionPoseLandmarker;

beforeAll(async () => {
  bundle = await bundleProduct('lite').build();
  official = await TasksVisionPoseLandmarker.load({ bundle, maxPoses: 1, minPresence: 0.5 });
});

afterAll(() => official.close());

describe('MediaPipe’s own graph', () => {
  it('gives the same shape of answer', async () => {
    const { image, faces } = await drawTwoPeople(1280, 720);
    const [pose] = await official.detect(image, faces);
    expect(pose?.landmarks).toHaveLength(33);
    expect(pose?.worldLandmarks).toHaveLength(33);
    expect(Object.keys(pose ?? {}).sort()).toEqual(['box', 'confidence', 'landmarks', 'worldLandmarks']);
    expect(pose?.confidence).toBeGreaterThanOrEqual(0.5);
    for (const { x, y, presence, visibility } of pose?.landmarks ?? []) {
      expect(presence).toBe(visibility);
      if (x < 0 || y < 0 || x >= image.width || y >= image.height) expect(presence).toBe(0);
    }
  });

  it('looks around each face as well, and sees both drawn people', async () => {
    const { image, faces } = await drawTwoPeople(1280, 720);
    const several = await TasksVisionPoseLandmarker.load({ bundle, maxPoses: 4, minPresence: 0.5 });
    const poses = await several.detect(image, [
      ...faces,
      { x: 1270, y: -60, width: 40, height: 40, confidence: 0.9 },
    ]);
    expect(poses).toHaveLength(2);
    for (const face of faces) {
      expect(poses.filter((pose) => explainsFace(pose, face))).toHaveLength(1);
    }
    await several.close();
  });

  it('sees nobody on a wall or in one pixel', async () => {
    expect(await official.detect(plain(320, 240, [120, 120, 120]), [])).toEqual([]);
    expect(await official.detect(plain(1, 1, [0, 0, 0]), [])).toEqual([]);
  });

  it('is spared malformed pictures, and goes on', async () => {
    const { image } = await drawTwoPeople(640, 360);
    const before = await official.detect(image, []);
    for (const [width, height] of [
      [0, 0],
      [10, 11],
      [-4, 4],
      [2.5, 2],
    ] as const) {
      const malformed = { width, height, data: new Uint8Array(300) };
      await expect(official.detect(malformed, [])).rejects.toMatchObject({ code: 'INTERNAL' });
    }
    expect(await official.detect(image, [])).toEqual(before);
  });

  it('is started afresh after an error it does not survive', async () => {
    const { image } = await drawTwoPeople(640, 360);
    const before = await official.detect(image, []);
    const tooWide = plain(70_000, 70, [0, 0, 0]);
    await expect(official.detect(tooWide, [])).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('70000x70'),
    });
    expect(await official.detect(image, [])).toEqual(before);
  });

  it('can be closed and used again', async () => {
    const second = await TasksVisionPoseLandmarker.load({ bundle, maxPoses: 1, minPresence: 0.5 });
    await second.close();
    await second.close();
    expect(await second.detect(plain(64, 64, [1, 2, 3]), [])).toEqual([]);
    await second.close();
  });

  it('refuses a file that is no bundle, and says how to build one', async () => {
    const options = { bundle: new Uint8Array(100), maxPoses: 1, minPresence: 0.5 };
    await expect(TasksVisionPoseLandmarker.load(options)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('npm run models:build -- lite --bundle'),
    });
  });
});

describeWithShared('the bundle', () => {
  it('is the one Google publishes', async () => {
    const published = await readFile(sharedPath('models', 'pose', 'pose_landmarker_lite.task'));
    expect(Buffer.compare(bundle, published)).toBe(0);
  });
});

describeWithShared('MediaPipe’s own graph on a film', () => {
  it('sees the body of every face of four people who stand close together', async () => {
    const faceDetector = await FaceDetector.load(await openModel('face-detector', { role: 'face-detector' }));
    const several = await TasksVisionPoseLandmarker.load({ bundle, maxPoses: 50, minPresence: 0.5 });
    for await (const image of videoFrames(sharedPath('media', 'sharjeel-test.mp4'), 1500)) {
      const faces = (await faceDetector.detect(image)).map(toFaceHint);
      const poses = await several.detect(image, faces);
      expect(faces).toHaveLength(4);
      for (const face of faces) expect(poses.filter((pose) => explainsFace(pose, face))).toHaveLength(1);
    }
    await several.close();
    await faceDetector.close();
  });
});
