/** Frames in the form in which they lie in a file: their many landmarks as plain numbers, a quarter of the bytes of objects and as exact. */
import type { Point } from '../geometry/box.ts';
import type { PoseLandmark } from '../geometry/landmarks.ts';
import type { FaceObservation, FrameObservations, PoseObservation } from '../tracking/observations.ts';

/** A frame whose points are one list of numbers each. */
export interface PackedFrame extends Omit<FrameObservations, 'faces' | 'poses'> {
  readonly faces: ReadonlyArray<
    Omit<FaceObservation, 'landmarks'> & { readonly landmarks: Float64Array | null }
  >;
  readonly poses: ReadonlyArray<
    Omit<PoseObservation, 'landmarks' | 'worldLandmarks'> & {
      readonly landmarks: Float64Array;
      readonly worldLandmarks: Float64Array;
    }
  >;
}

/** x, y, z, visibility and presence. */
const LANDMARK_VALUES = 5;

export function packFrame({ faces, poses, ...frame }: FrameObservations): PackedFrame {
  return {
    ...frame,
    faces: faces.map((face) => ({ ...face, landmarks: face.landmarks && packPoints(face.landmarks) })),
    poses: poses.map((pose) => ({
      ...pose,
      landmarks: packLandmarks(pose.landmarks),
      worldLandmarks: packLandmarks(pose.worldLandmarks),
    })),
  };
}

/** All of it is a copy: vectors that are parts of a record would change with the next one. */
export function unpackFrame({ faces, poses, ...frame }: PackedFrame): FrameObservations {
  return {
    ...frame,
    faces: faces.map(({ landmarks, embedding, ...face }) => ({
      ...face,
      landmarks: landmarks && unpackPoints(landmarks),
      embedding: embedding?.slice() ?? null,
    })),
    poses: poses.map(({ landmarks, worldLandmarks, appearance, ...pose }) => ({
      ...pose,
      landmarks: unpackLandmarks(landmarks),
      worldLandmarks: unpackLandmarks(worldLandmarks),
      appearance: appearance?.slice() ?? null,
    })),
  };
}

function packPoints(points: readonly Point[]): Float64Array {
  return Float64Array.from(points.flatMap(({ x, y }) => [x, y]));
}

function unpackPoints(values: Float64Array): Point[] {
  return Array.from({ length: values.length / 2 }, (_, i) => ({
    x: values[2 * i] as number,
    y: values[2 * i + 1] as number,
  }));
}

function packLandmarks(landmarks: readonly PoseLandmark[]): Float64Array {
  return Float64Array.from(
    landmarks.flatMap(({ x, y, z, visibility, presence }) => [x, y, z, visibility, presence]),
  );
}

function unpackLandmarks(values: Float64Array): PoseLandmark[] {
  return Array.from({ length: values.length / LANDMARK_VALUES }, (_, i) => {
    const at = i * LANDMARK_VALUES;
    return {
      x: values[at] as number,
      y: values[at + 1] as number,
      z: values[at + 2] as number,
      visibility: values[at + 3] as number,
      presence: values[at + 4] as number,
    };
  });
}
