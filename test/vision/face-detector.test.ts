import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { iou, type Tlwh } from '../../src/geometry/box.ts';
import { openModel } from '../../src/inference/model-store.ts';
import { FaceDetector, type FaceDetectorOptions } from '../../src/vision/face-detector.ts';
import { bakedNetwork, yoloNetwork } from '../helpers/onnx-network.ts';
import { drawTwoPeople, paint, plain, readPicture, resizePicture } from '../helpers/pictures.ts';
import { describeWithShared, sharedPath } from '../helpers/shared.ts';

let folder: string;
let detector: FaceDetector;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'detector-'));
  detector = await FaceDetector.load(await openModel('face-detector', { role: 'face-detector' }));
});

afterAll(async () => {
  await detector.close();
  await rm(folder, { recursive: true });
});

async function detectorOf(network: Buffer, options?: FaceDetectorOptions): Promise<FaceDetector> {
  const file = join(folder, `${crypto.randomUUID()}.onnx`);
  await writeFile(file, network);
  return FaceDetector.load(await openModel(file, { role: 'face-detector' }), options);
}

/** A detector on a network that answers every picture with the same rows x anchors. */
async function constantDetector(
  rows: number,
  values: number[],
  input?: (number | string)[],
  options?: FaceDetectorOptions,
): Promise<FaceDetector> {
  return detectorOf(yoloNetwork(rows, Float32Array.from(values), input), options);
}

function overlaps(found: readonly { box: Tlwh }[], drawn: readonly Tlwh[]): number[] {
  return drawn.map((box) => Math.max(0, ...found.map((face) => iou(face.box, box))));
}

describe('the face detector', () => {
  it.each([
    [320, 180],
    [426, 240],
    [640, 360],
    [854, 480],
    [1280, 720],
    [1920, 1080],
    [720, 1280],
    [640, 480],
    [1000, 999],
  ])('finds the two drawn people at %dx%d, and nobody else', async (width, height) => {
    const { image, faces } = await drawTwoPeople(width, height);
    const found = await detector.detect(image);
    expect(found).toHaveLength(2);
    for (const overlap of overlaps(found, faces)) expect(overlap).toBeGreaterThan(0.5);
  });

  it('takes boxes for one face that overlap by more than its manifest says', async () => {
    const { image } = await drawTwoPeople(640, 360);
    const counts: number[] = [];
    for (const thresholds of [{}, { maxOverlap: 0.6 }, { maxOverlap: 0.99 }]) {
      const model = await openModel('face-detector', { role: 'face-detector' });
      const one = await FaceDetector.load({ ...model, thresholds });
      counts.push((await one.detect(image)).length);
      await one.close();
    }
    const [usual, same, lenient] = counts;
    expect([usual, same]).toEqual([2, 2]);
    expect(lenient).toBeGreaterThan(2);
  });

  it('gives five landmarks that lie where eyes, nose and mouth are drawn', async () => {
    const { image, faces } = await drawTwoPeople(1280, 720);
    const found = (await detector.detect(image)).toSorted((a, b) => a.box.x - b.box.x);
    expect(found).toHaveLength(2);
    found.forEach(({ landmarks }, i) => {
      const box = faces[i] as Tlwh;
      const [leftEye, rightEye, nose, leftMouth, rightMouth] = landmarks ?? [];
      expect(landmarks).toHaveLength(5);
      const centre = box.x + box.width / 2;
      expect(leftEye?.x).toBeLessThan(centre);
      expect(rightEye?.x).toBeGreaterThan(centre);
      expect(Math.abs((nose?.x ?? 0) - centre)).toBeLessThan(0.1 * box.width);
      expect(nose?.y).toBeGreaterThan(leftEye?.y ?? Number.NaN);
      expect(leftMouth?.y).toBeGreaterThan(nose?.y ?? Number.NaN);
      expect(rightMouth?.x).toBeGreaterThan(leftMouth?.x ?? Number.NaN);
    });
  });

  it('finds nobody on a plain wall, in a single pixel, in a strip of 16 pixels and in one of 20,000', async () => {
    for (const [width, height] of [
      [640, 360],
      [1, 1],
      [16, 720],
      [720, 16],
      [20_000, 4],
      [3, 20_000],
    ] as const) {
      expect(await detector.detect(plain(width, height, [93, 107, 126]))).toEqual([]);
    }
  });

  it('finds the same faces in grey as in colour', async () => {
    const { image, faces } = await drawTwoPeople(1280, 720);
    const grey = paint(image.width, image.height, (x, y) => {
      const value = image.data[(y * image.width + x) * 3 + 1] ?? 0;
      return [value, value, value];
    });
    for (const overlap of overlaps(await detector.detect(grey), faces)) expect(overlap).toBeGreaterThan(0.5);
  });

  it('is steady: one picture twice, with another size in between, gives one answer', async () => {
    const { image } = await drawTwoPeople(640, 360);
    const first = await detector.detect(image);
    await detector.detect(plain(100, 300, [0, 0, 0]));
    expect(await detector.detect(image)).toEqual(first);
  });

  it('refuses a picture without area, and bytes that do not fit its size', async () => {
    const data = new Uint8Array(12);
    await expect(detector.detect({ width: 0, height: 4, data })).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(detector.detect({ width: 4, height: 4, data })).rejects.toThrow(
      'a picture of 4x4 in RGB has 48 bytes, but 12 were given',
    );
  });
});

describe('a face detector of another make', () => {
  const centred = [320, 320, 64, 64, 0.9];

  it('may be fixed to a size and give boxes only', async () => {
    const fixed = await constantDetector(5, centred, [1, 3, 640, 640]);
    expect(fixed.description.warning).toContain('identities are less sure');
    expect(detector.description).not.toHaveProperty('warning');
    const [face] = await fixed.detect(plain(1280, 720, [0, 0, 0]));
    // 1280x720 lies in rows 140 to 500 of a square canvas, at half its size.
    expect(face?.box).toEqual({ x: 576, y: 296, width: 128, height: 128 });
    expect(face).toMatchObject({ confidence: expect.closeTo(0.9, 6), landmarks: null });
    await fixed.close();
  });

  it('may be fixed to a batch', async () => {
    const batch = await constantDetector(5, centred, [4, 3, 640, 640]);
    expect(await batch.detect(plain(640, 640, [0, 0, 0]))).toHaveLength(1);
  });

  it('has its boxes cut to the picture, and those outside it dropped', async () => {
    // Centre x, y, width, height and confidence of two anchors, row by row: one half outside, one in the grey border.
    const wide = await constantDetector(5, [0, 320, 320, 4, 100, 50, 100, 6, 0.9, 0.9]);
    const found = await wide.detect(plain(640, 360, [0, 0, 0]));
    expect(found.map(({ box }) => box)).toEqual([{ x: 0, y: 258, width: 50, height: 100 }]);
  });

  it('is refused before its first picture when it gives NaN or no probabilities', async () => {
    await expect(constantDetector(5, [1, 1, 1, 1, Number.NaN])).rejects.toMatchObject({
      code: 'MODEL_INVALID',
    });
    await expect(constantDetector(5, [1, 1, 1, 1, 80])).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });

  it('is refused before its first picture when it takes multiples of 64 pixels only, whatever it says', async () => {
    const input = { name: 'images', shape: ['batch', 3, 'height', 'width'] };
    const faces = { values: Float32Array.from(centred), valuesShape: [1, 5, 1] };
    const network = bakedNetwork(input, [-1, 3 * 64 * 64], {
      name: 'output0',
      shape: ['batch', 5, 'anchors'],
      ...faces,
    });
    await expect(detectorOf(network)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(
        /\.onnx failed to run on images \[1,3,96,160\], although it says that it takes \[batch,3,height,width\] \(.*export it with fixed sizes\): [^\n]*$/,
      ),
    });
  });

  it('needs an input size of whole strides', async () => {
    for (const inputSize of [0, 100, 640.5, -32]) {
      await expect(constantDetector(5, centred, undefined, { inputSize })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
      });
    }
  });
});

describe('tiles', () => {
  it('show faces of a wide 4K shot that the whole picture is too small for, once each', async () => {
    const tiled = await FaceDetector.load(await openModel('face-detector', { role: 'face-detector' }), {
      inputSize: 320,
      tiles: 'auto',
    });
    const { image: group } = await drawTwoPeople(320, 180);
    const { image: large } = await drawTwoPeople(1280, 720);
    const wide = paint(1920, 1080, () => [93, 107, 126]);
    const paste = (picture: typeof group, left: number, top: number) => {
      for (let y = 0; y < picture.height; y++) {
        const row = picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3);
        wide.data.set(row, ((top + y) * wide.width + left) * 3);
      }
    };
    paste(large, 0, 0);
    // The seams of 640-pixel tiles lie in this group.
    paste(group, 400, 800);
    paste(group, 1500, 850);
    const found = await tiled.detect(wide);
    const whole = await FaceDetector.load(await openModel('face-detector', { role: 'face-detector' }), {
      inputSize: 320,
    });
    expect(found).toHaveLength(6);
    expect((await whole.detect(wide)).length).toBeLessThan(6);
    await tiled.close();
    await whole.close();
  });
});

describeWithShared('the face detector on real pictures', () => {
  it('finds the face of a portrait at every size', async () => {
    const portrait = await readPicture(sharedPath('media/expected/portrait.jpg'));
    const [reference] = await detector.detect(portrait);
    expect(reference?.confidence).toBeGreaterThan(0.7);
    for (const scale of [0.25, 0.5, 2]) {
      const width = Math.round(portrait.width * scale);
      const height = Math.round(portrait.height * scale);
      const [face, ...others] = await detector.detect(await resizePicture(portrait, width, height));
      expect(others).toEqual([]);
      const expected = {
        x: (reference?.box.x ?? 0) * scale,
        y: (reference?.box.y ?? 0) * scale,
        width: (reference?.box.width ?? 0) * scale,
        height: (reference?.box.height ?? 0) * scale,
      };
      expect(iou(face?.box ?? expected, expected)).toBeGreaterThan(0.9);
    }
  });

  it('takes a YOLOv8-face export of a fixed size as well', async () => {
    const file = sharedPath('models/face/yolov8n-face-kpt20.rebuilt.onnx');
    const yolov8 = await FaceDetector.load(await openModel(file, { role: 'face-detector' }));
    const { image, faces } = await drawTwoPeople(1280, 720);
    const found = await yolov8.detect(image);
    expect(found).toHaveLength(2);
    for (const overlap of overlaps(found, faces)) expect(overlap).toBeGreaterThan(0.6);
    await yolov8.close();
  });

  it('refuses networks of other tasks in one line', async () => {
    for (const file of [
      'models/pose/pose_landmarks_lite.onnx',
      'models/face/face_detection_yunet_2023mar.onnx',
      'models/embedding/osnet_x0_25_msmt17.onnx',
    ]) {
      await expect(openModel(sharedPath(file), { role: 'face-detector' })).rejects.toThrow(
        /^[^\n]*(expected a YOLOv8-face export|is a pose-landmarks, not a face-detector)[^\n]*$/,
      );
    }
  });
});
