import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { videoFrames } from '../../../eval/video-frames.ts';
import type { Tlwh } from '../../../src/geometry/box.ts';
import type { PoseLandmark } from '../../../src/geometry/landmarks.ts';
import type { RgbImage } from '../../../src/geometry/rgb-image.ts';
import { openModel } from '../../../src/inference/model-store.ts';
import { FaceDetector } from '../../../src/vision/face-detector.ts';
import { BlazePoseLandmarker } from '../../../src/vision/pose/blazepose-landmarker.ts';
import { BlazePoseNetworks } from '../../../src/vision/pose/blazepose-networks.ts';
import { DEFAULT_MAX_POSES } from '../../../src/vision/pose/load-pose-engine.ts';
import { type Pose, toFaceHint } from '../../../src/vision/pose/pose-landmarker.ts';
import { explainsFace } from '../../../src/vision/pose/same-body.ts';
import { drawTwoPeople, paint, plain, readPicture, resizePicture } from '../../helpers/pictures.ts';
import { describeWithShared, sharedPath } from '../../helpers/shared.ts';

let landmarker: BlazePoseLandmarker;

async function load(options: { maxPoses?: number; minPresence?: number } = {}): Promise<BlazePoseLandmarker> {
  return BlazePoseLandmarker.load({
    detectorModel: await openModel('pose-detector', { role: 'pose-detector' }),
    landmarksModel: await openModel('pose-landmarks-lite', { role: 'pose-landmarks' }),
    maxPoses: DEFAULT_MAX_POSES,
    minPresence: 0.5,
    ...options,
  });
}

beforeAll(async () => {
  landmarker = await load();
});

afterAll(() => landmarker.close());

/** The pose that has a face. */
function poseOf(face: Tlwh, poses: readonly Pose[]): Pose | undefined {
  return poses.find((pose) => explainsFace(pose, face));
}

/** Visible knees and ankles of one that lie within a third of a torso of the other's. */
function sharedLegs(a: Pose, b: Pose): number {
  const at = ({ landmarks }: Pose, index: number) => landmarks[index] as PoseLandmark;
  const between = (p: PoseLandmark, q: PoseLandmark) => Math.hypot(p.x - q.x, p.y - q.y);
  const torso = between(at(a, 11), at(a, 23));
  const [knees, ankles] = [
    [25, 26],
    [27, 28],
  ] as const;
  return [knees, ankles].flatMap((pair) =>
    pair.filter(
      (mine) =>
        at(a, mine).visibility >= 0.5 &&
        pair.some(
          (theirs) => at(b, theirs).visibility >= 0.5 && between(at(a, mine), at(b, theirs)) < torso / 3,
        ),
    ),
  ).length;
}

describe('the pose landmarker', () => {
  it.each([
    [640, 360],
    [1280, 720],
    [720, 1280],
  ])(
    'gives each of two drawn people at %dx%d one body, whose nose lies in the face',
    async (width, height) => {
      const { image, faces } = await drawTwoPeople(width, height);
      const poses = await landmarker.detect(image, faces);
      expect(poses).toHaveLength(2);
      for (const face of faces) expect(poseOf(face, poses)).toBeDefined();
    },
  );

  it('spends one pass of the landmark network on each of two people', async () => {
    const { image, faces } = await drawTwoPeople(1280, 720);
    const passes = jest.spyOn(BlazePoseNetworks.prototype, 'lookAt');
    await landmarker.detect(image, faces);
    expect(passes).toHaveBeenCalledTimes(2);
    passes.mockRestore();
  });

  it('reports 33 landmarks, 33 in metres, a confidence and a box inside the picture', async () => {
    const { image, faces } = await drawTwoPeople(1280, 720);
    const people = await landmarker.detect(image, faces);
    expect(people).toHaveLength(2);
    for (const { landmarks, worldLandmarks, confidence, box } of people) {
      expect(landmarks).toHaveLength(33);
      expect(worldLandmarks).toHaveLength(33);
      expect(confidence).toBeGreaterThanOrEqual(0.5);
      expect(confidence).toBeLessThanOrEqual(1);
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.y + box.height).toBeLessThanOrEqual(720);
      for (const { x, y, visibility, presence } of landmarks) {
        if (x < 0 || y < 0 || x >= 1280 || y >= 720) expect([visibility, presence]).toEqual([0, 0]);
      }
    }
  });

  it('gives the same answer to the same picture, whatever it saw before', async () => {
    const { image, faces } = await drawTwoPeople(640, 360);
    const first = await landmarker.detect(image, faces);
    await landmarker.detect(plain(300, 500, [90, 90, 90]), []);
    expect(await landmarker.detect(image, faces)).toEqual(first);
  });

  it('is not misled by faces that are none, or named twice', async () => {
    const { image, faces } = await drawTwoPeople(1280, 720);
    const wall = { x: 610, y: 60, width: 40, height: 50, confidence: 0.9 };
    expect(await landmarker.detect(image, [...faces, ...faces, wall])).toHaveLength(2);
  });

  it('looks at no more bodies than it may', async () => {
    const { image, faces } = await drawTwoPeople(1280, 720);
    const single = await load({ maxPoses: 1 });
    expect(await single.detect(image, faces)).toHaveLength(1);
    await single.close();
  });

  it('reports no body it is less sure of than it must be', async () => {
    const { image, faces } = await drawTwoPeople(1280, 720);
    const strict = await load({ minPresence: 1.01 });
    expect(await strict.detect(image, faces)).toEqual([]);
    await strict.close();
  });

  it.each([
    ['one pixel', plain(1, 1, [128, 128, 128])],
    ['a strip 16 pixels wide', plain(16, 900, [10, 200, 30])],
    ['a strip 16 pixels high', plain(900, 16, [10, 200, 30])],
    ['noise', paint(320, 240, (x, y) => [(x * 7919 + y * 104729) % 256, (x * y) % 256, (x ^ y) % 256])],
    ['20,000 pixels across', plain(20_000, 40, [60, 60, 60])],
  ])('sees nobody in %s', async (_what, image) => {
    expect(await landmarker.detect(image, [])).toEqual([]);
    expect(await landmarker.detect(image, [{ x: 0, y: 0, width: 1, height: 1, confidence: 0.9 }])).toEqual(
      [],
    );
  });

  it('finds people in a grey picture', async () => {
    const { image, faces } = await drawTwoPeople(640, 360);
    const grey = paint(image.width, image.height, (x, y) => {
      const value = image.data[(y * image.width + x) * 3 + 1] ?? 0;
      return [value, value, value];
    });
    expect((await landmarker.detect(grey, faces)).length).toBeGreaterThan(0);
  });

  it('refuses a picture whose bytes do not fit its size', async () => {
    const image: RgbImage = { width: 10, height: 10, data: new Uint8Array(10) };
    await expect(landmarker.detect(image, [])).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

describeWithShared('the pose landmarker on real films', () => {
  let faceDetector: FaceDetector;

  beforeAll(async () => {
    faceDetector = await FaceDetector.load(await openModel('face-detector', { role: 'face-detector' }));
  });

  afterAll(() => faceDetector.close());

  /** Bodies in one frame a second. */
  async function counts(file: string, intervalMs = 1000): Promise<number[]> {
    const found: number[] = [];
    for await (const image of videoFrames(sharedPath('media', file), intervalMs)) {
      const faces = await faceDetector.detect(image);
      const hints = faces.map(toFaceHint);
      found.push((await landmarker.detect(image, hints)).length);
    }
    return found;
  }

  it('sees all three dancers in four of five frames', async () => {
    const found = await counts('fiyud-dance.mp4');
    const complete = found.filter((count) => count === 3);
    expect(complete.length / found.length).toBeGreaterThanOrEqual(0.8);
  });

  it('leads no skeleton from one dancer into the legs of the next', async () => {
    let frames = 0;
    let crossed = 0;
    for await (const image of videoFrames(sharedPath('media', 'fiyud-dance.mp4'), 500)) {
      const faces = await faceDetector.detect(image);
      const poses = await landmarker.detect(image, faces.map(toFaceHint));
      frames++;
      if (poses.some((a) => poses.some((b) => a !== b && sharedLegs(a, b) >= 2))) crossed++;
    }
    expect(crossed / frames).toBeLessThan(0.06);
  });

  it('takes nothing of a body for that of the face tattooed on its chest', async () => {
    const image = await readPicture(
      sharedPath('eval', 'faces', '13_Interview_Interview_2_People_Visible_13_409.jpg'),
    );
    const faces = await faceDetector.detect(image);
    const [man, ...others] = await landmarker.detect(image, faces.map(toFaceHint));
    expect(others).toEqual([]);
    for (const elbow of [13, 14]) expect(man?.landmarks[elbow]?.visibility).toBeGreaterThan(0.5);
  });

  it('sees four people who stand close together', async () => {
    const found = await counts('sharjeel-test.mp4');
    expect(found.filter((count) => count === 4).length / found.length).toBeGreaterThanOrEqual(0.9);
  });

  it('sees the body of nearly every face in a meeting, however people sit before each other', async () => {
    let faces = 0;
    let without = 0;
    for await (const image of videoFrames(sharedPath('media', 'paulromeo-faces.mp4'), 500)) {
      const hints = (await faceDetector.detect(image)).map(toFaceHint);
      const poses = await landmarker.detect(image, hints);
      faces += hints.length;
      without += hints.filter((face) => !poses.some((pose) => explainsFace(pose, face))).length;
    }
    expect(faces).toBeGreaterThan(60);
    expect(without / faces).toBeLessThan(0.04);
  });

  it('sees one upper body of a talking head, whatever hangs behind it', async () => {
    // The frame at 2 s shows a second person from the side, behind her hair.
    const [start, both, ...others] = await counts('csci576-interview.mp4', 2000);
    expect([start, ...others]).toEqual(Array(9).fill(1));
    expect(both).toBeLessThanOrEqual(2);
  });

  it('sees one body of a man whose hand in motion is taken for a face', async () => {
    const found = await counts('intel-asl-sister.mkv', 500);
    expect(found).toEqual(Array(6).fill(1));
  });

  it('sees the body of a man who leans to the side, before another', async () => {
    let frame = 0;
    for await (const image of videoFrames(sharedPath('media', 'cuts-ABACBA-4s.mp4'), 300)) {
      // At 14.1 s: below the face, the network settles on the woman behind him.
      if (frame++ !== 47) continue;
      const hints = (await faceDetector.detect(image)).map(toFaceHint);
      const man = hints.find(({ x, height }) => x < 300 && height > 90);
      const poses = await landmarker.detect(image, hints);
      expect(man && poses.filter((pose) => explainsFace(pose, man))).toHaveLength(1);
    }
    expect(frame).toBeGreaterThan(47);
  });

  it('sees people from behind, without any face, and none in the foot of a table', async () => {
    const found = await counts('intel-one-by-one-person-detection.mp4', 8000);
    const secondsWithSomebody = [8, 16, 24, 32, 40, 56, 64, 80, 96, 104, 112, 128];
    expect(secondsWithSomebody.map((second) => found[second / 8])).toEqual(secondsWithSomebody.map(() => 1));
    const secondsWithTable = [0, 48, 72, 88, 120, 136];
    expect(secondsWithTable.map((second) => found[second / 8])).toEqual(secondsWithTable.map(() => 0));
  });

  it('takes a face worn on the skin for no body', async () => {
    const file = '13_Interview_Interview_2_People_Visible_13_409.jpg';
    const image = await readPicture(sharedPath('eval', 'faces', file));
    const faces = await faceDetector.detect(image);
    const hints = faces.map(toFaceHint);
    expect(await landmarker.detect(image, hints)).toHaveLength(1);
  });

  it('sees each of eleven children, however small and close', async () => {
    const file = '20_Family_Group_Family_Group_20_255.jpg';
    const image = await readPicture(sharedPath('eval', 'faces', file));
    const faces = await faceDetector.detect(image);
    const hints = faces.map(toFaceHint);
    expect(await landmarker.detect(image, hints)).toHaveLength(11);
  });
});

describeWithShared('a body cut off by the picture', () => {
  it('has legs that are neither present nor visible', async () => {
    for await (const image of videoFrames(sharedPath('media', 'csci576-interview.mp4'), 30_000)) {
      const [pose] = await landmarker.detect(image, []);
      const feet = pose?.landmarks.slice(27) ?? [];
      expect(feet).toHaveLength(6);
      for (const { y, presence, visibility } of feet) {
        expect(y).toBeGreaterThan(image.height);
        expect([presence, visibility]).toEqual([0, 0]);
      }
    }
  });

  it('keeps its landmarks when the picture is enlarged', async () => {
    for await (const image of videoFrames(sharedPath('media', 'csci576-interview.mp4'), 30_000)) {
      const [small] = await landmarker.detect(image, []);
      const twice = await resizePicture(image, image.width * 2, image.height * 2);
      const [large] = await landmarker.detect(twice, []);
      expect(large?.landmarks[0]?.x).toBeCloseTo(2 * (small?.landmarks[0]?.x ?? 0), -1);
    }
  });
});
