/** Draws observations of people whose places and looks are known, for tests of the tracker. */
import type { Point } from '../../src/geometry/box.ts';
import type { PoseLandmark } from '../../src/geometry/landmarks.ts';
import type { FaceObservation, FrameObservations, PoseObservation } from '../../src/tracking/observations.ts';

export const PICTURE = { width: 1280, height: 720 };
export const SAME_VIEW = { histogramIntersection: 0.95, greyCorrelation: 0.95 };
export const CUT = { histogramIntersection: 0.3, greyCorrelation: 0.1 };

const FACE = { width: 80, height: 100 };
const LOOK_LENGTH = 24;

/** Each person has a direction of his own, disturbed by the given amount. */
export function looksOf(person: number, disturbance: () => number = () => 0): Float32Array {
  const vector = Float32Array.from({ length: LOOK_LENGTH }, (_, i) => {
    return (i === person ? 1 : 0) + 0.15 * (disturbance() - 0.5);
  });
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** A face of person number `person` (0..23) with its centre at the given point. */
export function faceOf(person: number, centre: Point, disturbance?: () => number): FaceObservation {
  return {
    box: { x: centre.x - FACE.width / 2, y: centre.y - FACE.height / 2, ...FACE },
    confidence: 0.9,
    landmarks: null,
    embedding: looksOf(person, disturbance),
  };
}

/** A body whose head is at the given point; its torso has no looks unless a wearer is named. */
export function poseOf(head: Point, wearer: number | null = null): PoseObservation {
  const at = (x: number, y: number): PoseLandmark => ({
    x: head.x + x,
    y: head.y + y,
    z: 0,
    visibility: 1,
    presence: 1,
  });
  const landmarks = Array.from({ length: 33 }, (_, i) =>
    i < 11 ? at((i % 3) * 10 - 10, (i % 2) * 10 - 5) : at((i % 2) * 120 - 60, 60 + i * 12),
  );
  return {
    box: { x: head.x - 80, y: head.y - 50, width: 160, height: 500 },
    confidence: 0.95,
    landmarks,
    worldLandmarks: landmarks.map(({ z, visibility, presence }) => ({ x: 0, y: 0, z, visibility, presence })),
    appearance: wearer === null ? null : looksOf(wearer),
  };
}

export interface Script {
  readonly frames: number;
  readonly intervalMs: number;
  /** Frames that show another view than the frame before. */
  readonly cuts?: readonly number[];
  readonly faces?: (frame: number) => readonly FaceObservation[];
  readonly poses?: (frame: number) => readonly PoseObservation[];
}

export function film({ frames, intervalMs, cuts = [], faces, poses }: Script): FrameObservations[] {
  return Array.from({ length: frames }, (_, index) => ({
    index,
    timestampMs: index * intervalMs,
    faces: faces?.(index) ?? [],
    poses: poses?.(index) ?? [],
    similarityToPrevious: index === 0 ? null : cuts.includes(index) ? CUT : SAME_VIEW,
  }));
}
