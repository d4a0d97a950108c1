/** Reads the output of YOLOv8-face networks: boxes, confidences and, where the export has them, five landmarks. */
import { WorkerError } from '../errors.ts';
import type { Point, Tlwh } from '../geometry/box.ts';
import type { FloatTensor } from '../inference/onnx-session.ts';

/** A face as the network sees it, in pixels of its input. */
export interface YoloFace {
  readonly box: Tlwh;
  /** 0..1 */
  readonly confidence: number;
  /** Left eye, right eye, nose, left and right mouth corner (image left/right); null where the export has none. */
  readonly landmarks: readonly Point[] | null;
}

/** Row counts of the known exports, and how many rows each of their five landmarks takes. */
const LANDMARK_ROWS: ReadonlyMap<number, number> = new Map([
  [5, 0],
  [15, 2],
  [20, 3],
]);

/** Whether an output of a network that passed `decodeYoloFaces` holds landmarks. */
export function hasLandmarkRows({ shape }: FloatTensor): boolean {
  return (LANDMARK_ROWS.get(shape[1] ?? 0) ?? 0) > 0;
}

const LANDMARKS = 5;
const FIRST_LANDMARK_ROW = 5;

/** Rounding in single precision may lift a sigmoid this far above 1. */
const CONFIDENCE_ROUNDING = 1e-3;

/**
 * Decodes the first picture of an output [batch, rows, anchors]: 5 rows are centre x, centre y, width, height, confidence; 15 add
 * x, y of five landmarks; 20 add x, y, visibility. Only faces of at least `confidenceThreshold` are returned, unsorted, overlaps included.
 * @throws WorkerError MODEL_INVALID when the output cannot come from such a network
 */
export function decodeYoloFaces({ data, shape }: FloatTensor, confidenceThreshold: number): YoloFace[] {
  const [, rows = 0, anchors = 0] = shape;
  const landmarkRows = LANDMARK_ROWS.get(rows);
  if (shape.length !== 3 || landmarkRows === undefined) {
    throw new WorkerError(
      'MODEL_INVALID',
      `the face detector's output is [${shape.join(',')}]; expected [batch,5|15|20,anchors] of a YOLOv8-face export`,
    );
  }
  const value = (row: number, anchor: number) => data[row * anchors + anchor] as number;
  const faces: YoloFace[] = [];
  for (const anchor of indicesOfAtLeast(data.subarray(4 * anchors, 5 * anchors), confidenceThreshold)) {
    const confidence = value(4, anchor);
    if (confidence > 1 + CONFIDENCE_ROUNDING) refuseConfidence(confidence);
    const width = value(2, anchor);
    const height = value(3, anchor);
    faces.push({
      box: { x: value(0, anchor) - width / 2, y: value(1, anchor) - height / 2, width, height },
      confidence: Math.min(confidence, 1),
      landmarks: landmarkRows === 0 ? null : landmarksAt(anchor, landmarkRows, value),
    });
  }
  return faces;
}

/** A function of its own: what V8 compiles with this loop, the only part that runs thousands of times a picture, is this loop. */
function indicesOfAtLeast(values: Float32Array, least: number): number[] {
  const indices: number[] = [];
  for (let i = 0; i < values.length; i++) if ((values[i] as number) >= least) indices.push(i);
  return indices;
}

function landmarksAt(
  anchor: number,
  rowsEach: number,
  value: (row: number, anchor: number) => number,
): Point[] {
  return Array.from({ length: LANDMARKS }, (_, i) => {
    const row = FIRST_LANDMARK_ROW + i * rowsEach;
    return { x: value(row, anchor), y: value(row + 1, anchor) };
  });
}

function refuseConfidence(confidence: number): never {
  throw new WorkerError(
    'MODEL_INVALID',
    `the face detector gave a confidence of ${confidence}; expected 0 to 1: export the network with its sigmoid, as YOLOv8-face does`,
  );
}
