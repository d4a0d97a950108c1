/** Reads the landmark network's output: points in the crop, sharpened by the heatmap, laid back into the picture. */
import type { Point } from '../../geometry/box.ts';
import { POSE_LANDMARK_NAMES, type PoseLandmark, type WorldLandmark } from '../../geometry/landmarks.ts';
import { type BodyRegion, fromRegion } from './body-region.ts';

/** Side of the network's square input, in pixels of the network; the raw landmarks count in it. */
export const LANDMARKS_INPUT_SIDE = 256;

const LANDMARKS = POSE_LANDMARK_NAMES.length;
/** After the landmarks come the two alignment points and four points of no use here. */
const HIPS_POINT = LANDMARKS;
const RIM_POINT = LANDMARKS + 1;
/** x, y, z, visibility and presence (both before the sigmoid). */
const LANDMARK_VALUES = 5;
const HEATMAP_SIDE = 64;
/** One plane per point: the 33 landmarks and six more. */
const HEATMAP_PLANES = 39;
/** RefineLandmarksFromHeatmapCalculator: a 7 x 7 neighbourhood, used when its peak is at least this sure. */
const KERNEL_RADIUS = 3;
const MIN_PEAK = 0.5;

/** Raw outputs of the landmark network for one crop. */
export interface LandmarkOutputs {
  /** [1, 195]: 39 points of 5 values, x, y and z in pixels of the input. */
  readonly landmarks: Float32Array;
  /** [1, 64, 64, 39] */
  readonly heatmap: Float32Array;
  /** [1, 117]: 39 points of x, y, z in metres, in the axes of the crop. */
  readonly world: Float32Array;
}

/** A body as the network saw it in one region. */
export interface Skeleton {
  readonly landmarks: readonly PoseLandmark[];
  readonly worldLandmarks: readonly WorldLandmark[];
  /** The alignment points the network, having seen the body, would have wanted its region from; pixels of the picture. */
  readonly hips: Point;
  readonly rim: Point;
}

/**
 * 33 landmarks in pixels of the picture and in metres (TensorsToLandmarks, RefineLandmarksFromHeatmap, LandmarkProjection and
 * WorldLandmarkProjection calculators).
 *
 * The network guesses on beyond the picture's edge and stays confident there; a point outside the picture is not in it and cannot
 * be seen, so its presence and visibility are 0.
 */
export function decodeSkeleton(
  { landmarks, heatmap, world }: LandmarkOutputs,
  region: BodyRegion,
  picture: { width: number; height: number },
): Skeleton {
  const cos = Math.cos(region.rotationRadians);
  const sin = Math.sin(region.rotationRadians);
  const locate = (index: number) => {
    const x = (landmarks[index * LANDMARK_VALUES] ?? 0) / LANDMARKS_INPUT_SIDE;
    const y = (landmarks[index * LANDMARK_VALUES + 1] ?? 0) / LANDMARKS_INPUT_SIDE;
    const refined = refineByHeatmap({ x, y }, heatmap, index);
    return fromRegion(region, refined.x, refined.y);
  };
  const inPicture = POSE_LANDMARK_NAMES.map((_name, index): PoseLandmark => {
    const value = (offset: number) => landmarks[index * LANDMARK_VALUES + offset] ?? 0;
    const point = locate(index);
    const inside = point.x >= 0 && point.x < picture.width && point.y >= 0 && point.y < picture.height;
    return {
      ...point,
      z: (value(2) / LANDMARKS_INPUT_SIDE) * region.side,
      visibility: inside ? sigmoid(value(3)) : 0,
      presence: inside ? sigmoid(value(4)) : 0,
    };
  });
  const inWorld = inPicture.map(({ visibility, presence }, index): WorldLandmark => {
    const [right = 0, down = 0, z = 0] = world.subarray(3 * index, 3 * index + 3);
    return { x: cos * right - sin * down, y: sin * right + cos * down, z, visibility, presence };
  });
  return {
    landmarks: inPicture,
    worldLandmarks: inWorld,
    hips: locate(HIPS_POINT),
    rim: locate(RIM_POINT),
  };
}

/** The centre of mass of the heatmap around a point, both in fractions of the crop; the point itself where the heatmap is unsure. */
function refineByHeatmap(point: Point, heatmap: Float32Array, plane: number): Point {
  const column = Math.trunc(point.x * HEATMAP_SIDE);
  const row = Math.trunc(point.y * HEATMAP_SIDE);
  if (column < 0 || column >= HEATMAP_SIDE || row < 0 || row >= HEATMAP_SIDE) return point;

  let mass = 0;
  let massX = 0;
  let massY = 0;
  let peak = 0;
  for (let y = Math.max(0, row - KERNEL_RADIUS); y <= Math.min(HEATMAP_SIDE - 1, row + KERNEL_RADIUS); y++) {
    for (
      let x = Math.max(0, column - KERNEL_RADIUS);
      x <= Math.min(HEATMAP_SIDE - 1, column + KERNEL_RADIUS);
      x++
    ) {
      const confidence = sigmoid(heatmap[(y * HEATMAP_SIDE + x) * HEATMAP_PLANES + plane] ?? 0);
      mass += confidence;
      massX += x * confidence;
      massY += y * confidence;
      peak = Math.max(peak, confidence);
    }
  }
  if (peak < MIN_PEAK) return point;
  return { x: massX / mass / HEATMAP_SIDE, y: massY / mass / HEATMAP_SIDE };
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
