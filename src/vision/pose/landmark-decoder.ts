/** Reads the landmark network's output: points in the crop, sharpened by the heatmap, laid back into the picture. */
import type { Point, Size } from '../../geometry/box.ts';
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
/** Nose, eyes, ears and mouth come first. */
const HEAD_LANDMARKS = 11;
const HEATMAP_SIDE = 64;
/** One plane per point: the 33 landmarks and six more. */
const HEATMAP_PLANES = 39;
/** RefineLandmarksFromHeatmapCalculator: a 7 x 7 neighbourhood, used when its peak is at least this sure. */
const KERNEL_RADIUS = 3;
export const MIN_PEAK = 0.5;

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
  /** How sure the heatmap is of the head, 0..1: its peaks near the eleven landmarks from nose to mouth, on average. */
  readonly headPeak: number;
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
  picture: Size,
): Skeleton {
  const cos = Math.cos(region.rotationRadians);
  const sin = Math.sin(region.rotationRadians);
  const inPicture: PoseLandmark[] = [];
  const inWorld: WorldLandmark[] = [];
  let headPeaks = 0;
  for (let index = 0; index < LANDMARKS; index++) {
    const at = index * LANDMARK_VALUES;
    const { x, y, peak } = locate(landmarks, heatmap, index, region);
    if (index < HEAD_LANDMARKS) headPeaks += peak;
    const isInside = x >= 0 && x < picture.width && y >= 0 && y < picture.height;
    const z = ((landmarks[at + 2] as number) / LANDMARKS_INPUT_SIDE) * region.side;
    const visibility = isInside ? sigmoid(landmarks[at + 3] as number) : 0;
    const presence = isInside ? sigmoid(landmarks[at + 4] as number) : 0;
    inPicture.push({ x, y, z, visibility, presence });
    const right = world[3 * index] as number;
    const down = world[3 * index + 1] as number;
    inWorld.push({
      x: cos * right - sin * down,
      y: sin * right + cos * down,
      z: world[3 * index + 2] as number,
      visibility,
      presence,
    });
  }
  return {
    landmarks: inPicture,
    worldLandmarks: inWorld,
    hips: locate(landmarks, heatmap, HIPS_POINT, region),
    rim: locate(landmarks, heatmap, RIM_POINT, region),
    headPeak: headPeaks / HEAD_LANDMARKS,
  };
}

/** A point, and how sure the heatmap is around it, 0..1. */
interface Located extends Point {
  readonly peak: number;
}

/** A point of the network in pixels of the picture. */
function locate(landmarks: Float32Array, heatmap: Float32Array, index: number, region: BodyRegion): Located {
  const at = index * LANDMARK_VALUES;
  const x = (landmarks[at] as number) / LANDMARKS_INPUT_SIDE;
  const y = (landmarks[at + 1] as number) / LANDMARKS_INPUT_SIDE;
  const refined = refineByHeatmap(x, y, heatmap, index);
  const point = fromRegion(region, refined.x, refined.y);
  return { x: point.x, y: point.y, peak: refined.peak };
}

/**
 * The centre of mass of the heatmap around a point, both in fractions of the crop; the point itself where the heatmap is unsure or
 * does not reach. As in MediaPipe, a point just below the crop is still drawn to the heatmap's last rows, though not one beside it.
 */
function refineByHeatmap(x: number, y: number, heatmap: Float32Array, plane: number): Located {
  const column = Math.trunc(x * HEATMAP_SIDE);
  const row = Math.trunc(y * HEATMAP_SIDE);
  if (column < 0 || column >= HEATMAP_SIDE || row < 0) return { x, y, peak: 0 };

  const firstColumn = Math.max(0, column - KERNEL_RADIUS);
  const lastColumn = Math.min(HEATMAP_SIDE - 1, column + KERNEL_RADIUS);
  const lastRow = Math.min(HEATMAP_SIDE - 1, row + KERNEL_RADIUS);
  let mass = 0;
  let massX = 0;
  let massY = 0;
  let peak = 0;
  for (let j = Math.max(0, row - KERNEL_RADIUS); j <= lastRow; j++) {
    for (let i = firstColumn; i <= lastColumn; i++) {
      const confidence = sigmoid(heatmap[(j * HEATMAP_SIDE + i) * HEATMAP_PLANES + plane] as number);
      mass += confidence;
      massX += i * confidence;
      massY += j * confidence;
      if (confidence > peak) peak = confidence;
    }
  }
  if (peak < MIN_PEAK) return { x, y, peak };
  return { x: massX / mass / HEATMAP_SIDE, y: massY / mass / HEATMAP_SIDE, peak };
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
