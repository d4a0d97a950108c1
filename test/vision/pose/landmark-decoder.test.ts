import { describe, expect, it } from '@jest/globals';
import { decodeSkeleton, type LandmarkOutputs } from '../../../src/vision/pose/landmark-decoder.ts';

const picture = { width: 200, height: 100 };
/** The middle of the picture, one pixel of it for each of the input's. */
const region = { centreX: 100, centreY: 50, side: 256, rotationRadians: 0 };

/** Outputs with every point at (x, y, z) of the input, logits for visibility and presence, and an empty heatmap. */
function outputs(
  [x, y, z]: readonly [number, number, number],
  visibility = 0,
  presence = 0,
): LandmarkOutputs {
  const landmarks = Float32Array.from({ length: 195 }, (_, i) => [x, y, z, visibility, presence][i % 5] ?? 0);
  const world = Float32Array.from({ length: 117 }, (_, i) => [0.1, 0.2, 0.3][i % 3] ?? 0);
  return { landmarks, world, heatmap: new Float32Array(64 * 64 * 39).fill(-20) };
}

/** Sets the heatmap's logit for one point. */
function heat({ heatmap }: LandmarkOutputs, point: number, column: number, row: number, logit: number): void {
  heatmap[(row * 64 + column) * 39 + point] = logit;
}

describe('decoding landmarks', () => {
  it('gives 33 of them, laid from the region into the picture', () => {
    const { landmarks, worldLandmarks } = decodeSkeleton(outputs([128, 138, -64]), region, picture);
    expect(landmarks).toHaveLength(33);
    expect(worldLandmarks).toHaveLength(33);
    expect(landmarks[0]).toEqual({ x: 100, y: 60, z: -64, visibility: 0.5, presence: 0.5 });
    expect(worldLandmarks[0]).toEqual({
      x: expect.closeTo(0.1),
      y: expect.closeTo(0.2),
      z: expect.closeTo(0.3),
      visibility: 0.5,
      presence: 0.5,
    });
  });

  it('turns points and metres with the region, and scales depth with it', () => {
    const turned = { ...region, side: 128, rotationRadians: Math.PI / 2 };
    const { landmarks, worldLandmarks } = decodeSkeleton(outputs([128, 148, 10]), turned, picture);
    expect(landmarks[0]?.x).toBeCloseTo(90);
    expect(landmarks[0]?.y).toBeCloseTo(50);
    expect(landmarks[0]?.z).toBeCloseTo(5);
    expect(worldLandmarks[0]?.x).toBeCloseTo(-0.2);
    expect(worldLandmarks[0]?.y).toBeCloseTo(0.1);
  });

  it('moves a point to the centre of mass of a sure heatmap around it', () => {
    const raw = outputs([128, 128, 0]);
    heat(raw, 0, 32, 32, 0);
    heat(raw, 0, 34, 32, 0);
    const { landmarks } = decodeSkeleton(raw, region, picture);
    // Column 33 of 64, in a region of 256 px whose left edge lies at -28.
    expect(landmarks[0]?.x).toBeCloseTo(-28 + (33 / 64) * 256, 3);
    expect(landmarks[1]?.x).toBe(100);
  });

  it('tells how sure the heatmap is of the head, and of nothing else', () => {
    const raw = outputs([128, 128, 0]);
    for (let point = 0; point < 11; point++) heat(raw, point, 33, 31, point === 0 ? 0 : 20);
    expect(decodeSkeleton(raw, region, picture).headPeak).toBeCloseTo((0.5 + 10) / 11);
    expect(decodeSkeleton(outputs([300, 128, 0]), region, picture).headPeak).toBe(0);
  });

  it('leaves a point alone where the heatmap is unsure, far away or does not reach', () => {
    const unsure = outputs([128, 128, 0]);
    heat(unsure, 0, 34, 32, -0.1);
    heat(unsure, 1, 40, 32, 5);
    const { landmarks } = decodeSkeleton(unsure, region, picture);
    expect(landmarks[0]?.x).toBe(100);
    expect(landmarks[1]?.x).toBe(100);
    const outside = decodeSkeleton(outputs([300, -8, 0]), region, picture);
    expect(outside.landmarks[0]).toMatchObject({ x: 272, y: -86 });
  });

  it('draws a point just below the crop to the heatmap’s last rows, as MediaPipe does, but none beside it', () => {
    const below = outputs([128, 256, 0]);
    heat(below, 0, 32, 62, 9);
    const { landmarks } = decodeSkeleton(below, region, picture);
    // Row 62 of 64, in a region of 256 px whose top edge lies at -78.
    expect(landmarks[0]?.y).toBeCloseTo(-78 + (62 / 64) * 256, 1);
    expect(landmarks[1]?.y).toBe(178);
    const beside = outputs([256, 128, 0]);
    heat(beside, 0, 62, 32, 9);
    expect(decodeSkeleton(beside, region, picture).landmarks[0]?.x).toBe(228);
  });

  it.each([
    ['left of', [27, 128]],
    ['right of', [228, 128]],
    ['above', [128, 77]],
    ['below', [128, 178]],
  ])('does not believe in a point %s the picture, however sure the network is', (_where, [x = 0, y = 0]) => {
    const { landmarks, worldLandmarks } = decodeSkeleton(outputs([x, y, 0], 9, 9), region, picture);
    expect(landmarks[0]).toMatchObject({ visibility: 0, presence: 0 });
    expect(worldLandmarks[0]).toMatchObject({ visibility: 0, presence: 0 });
  });

  it('believes in the picture’s outermost pixels', () => {
    const { landmarks } = decodeSkeleton(outputs([28, 78, 0], 9, 9), region, picture);
    expect(landmarks[0]).toMatchObject({ x: 0, y: 0 });
    expect(landmarks[0]?.presence).toBeGreaterThan(0.99);
  });

  it('tells where the network would have centred its region', () => {
    const raw = outputs([128, 128, 0]);
    raw.landmarks.set([138, 148], 33 * 5);
    raw.landmarks.set([118, 108], 34 * 5);
    const { hips, rim } = decodeSkeleton(raw, region, picture);
    expect(hips).toMatchObject({ x: 110, y: 70 });
    expect(rim).toMatchObject({ x: 90, y: 30 });
  });
});
