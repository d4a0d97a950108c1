/** Reads the pose detector's output: anchors, scores and boxes become bodies with their alignment points, each body once. */
import { iou, type Point, type Tlwh } from '../../geometry/box.ts';

/** Side of the detector's square input, in pixels of the network; the raw boxes count in it. */
export const DETECTOR_INPUT_SIDE = 224;
/** One candidate body per anchor. */
export const DETECTOR_ANCHORS = 2254;
/** Numbers per candidate: centre x, y, width, height, then x, y of four points. */
export const DETECTOR_BOX_VALUES = 12;

/** A body the detector found; all in fractions of the detector's input. */
export interface BodyDetection {
  /** 0..1 */
  readonly score: number;
  /** Around the face, despite the detector's name: it is what the duplicates are told by. */
  readonly box: Tlwh;
  /** Middle of the hips, and a point above the head on the circle that holds the body. */
  readonly hips: Point;
  readonly rim: Point;
}

/** Rows of the anchor grid: cells of 8, 16 and 32 px with 2, 2 and 6 anchors in the middle of each (SsdAnchorsCalculator). */
const ANCHOR_GRIDS = [
  { cell: 8, perCell: 2 },
  { cell: 16, perCell: 2 },
  { cell: 32, perCell: 6 },
] as const;

/** MediaPipe's clip of the raw score before the sigmoid. */
const SCORE_CLIP = 100;
/** Candidates that overlap more than this are one body. */
const SAME_BODY_IOU = 0.5;

/** Centres of the anchors as x, y, x, y...; fractions of the input. */
export function anchorCentres(): Float32Array {
  const centres: number[] = [];
  for (const { cell, perCell } of ANCHOR_GRIDS) {
    const cells = DETECTOR_INPUT_SIDE / cell;
    for (let row = 0; row < cells; row++) {
      for (let column = 0; column < cells; column++) {
        for (let n = 0; n < perCell; n++) centres.push((column + 0.5) / cells, (row + 0.5) / cells);
      }
    }
  }
  return Float32Array.from(centres);
}

/**
 * Bodies in the detector's output, surest first (TensorsToDetectionsCalculator and NonMaxSuppressionCalculator, WEIGHTED).
 *
 * @param boxes [1, 2254, 12] offsets from the anchors in pixels of the input
 * @param scores [1, 2254, 1] before the sigmoid
 * @param minScore 0..1
 */
export function decodeBodyDetections(
  boxes: Float32Array,
  scores: Float32Array,
  anchors: Float32Array,
  minScore: number,
): BodyDetection[] {
  const candidates = anchorsWithScore(scores, minScore).flatMap(
    ({ index, score }) => candidateAt(index, score, boxes, anchors) ?? [],
  );
  candidates.sort((a, b) => b.score - a.score);
  return mergeOverlapping(candidates);
}

/**
 * The anchors of at least this score; most show nobody. A function of its own: what V8 compiles with this loop, the only part that runs
 * thousands of times a picture, is this loop.
 */
function anchorsWithScore(scores: Float32Array, minScore: number) {
  const found: Array<{ readonly index: number; readonly score: number }> = [];
  for (let index = 0; index < DETECTOR_ANCHORS; index++) {
    const score = sigmoid(scores[index] as number);
    if (score >= minScore) found.push({ index, score });
  }
  return found;
}

/** Null for a box of negative size. */
function candidateAt(
  index: number,
  score: number,
  boxes: Float32Array,
  anchors: Float32Array,
): BodyDetection | null {
  const at = index * DETECTOR_BOX_VALUES;
  const anchorX = anchors[2 * index] as number;
  const anchorY = anchors[2 * index + 1] as number;
  const width = (boxes[at + 2] as number) / DETECTOR_INPUT_SIDE;
  const height = (boxes[at + 3] as number) / DETECTOR_INPUT_SIDE;
  if (!(width >= 0 && height >= 0)) return null;
  const pointAt = (offset: number): Point => ({
    x: (boxes[at + offset] as number) / DETECTOR_INPUT_SIDE + anchorX,
    y: (boxes[at + offset + 1] as number) / DETECTOR_INPUT_SIDE + anchorY,
  });
  const centre = pointAt(0);
  const box = { x: centre.x - width / 2, y: centre.y - height / 2, width, height };
  return { score, box, hips: pointAt(4), rim: pointAt(6) };
}

function sigmoid(raw: number): number {
  return 1 / (1 + Math.exp(-Math.max(-SCORE_CLIP, Math.min(SCORE_CLIP, raw))));
}

/** Weighted non-max suppression (BlazeFace, arXiv 1907.05047): a body is the mean of its candidates, weighted by score. */
function mergeOverlapping(candidates: readonly BodyDetection[]): BodyDetection[] {
  const merged: BodyDetection[] = [];
  let remaining = candidates;
  for (let best = remaining[0]; best !== undefined; best = remaining[0]) {
    const { box, score } = best;
    const same = remaining.filter((other) => iou(other.box, box) > SAME_BODY_IOU);
    if (same.length === 0) {
      // A box without area overlaps not even itself: MediaPipe keeps it and ends here.
      merged.push(best);
      break;
    }
    merged.push({ ...weightedMean(same), score });
    remaining = remaining.filter((other) => !same.includes(other));
  }
  return merged;
}

function weightedMean(detections: readonly BodyDetection[]): Omit<BodyDetection, 'score'> {
  const total = detections.reduce((sum, { score }) => sum + score, 0);
  const mean = (read: (detection: BodyDetection) => number) =>
    detections.reduce((sum, detection) => sum + read(detection) * detection.score, 0) / total;
  return {
    box: {
      x: mean(({ box }) => box.x),
      y: mean(({ box }) => box.y),
      width: mean(({ box }) => box.width),
      height: mean(({ box }) => box.height),
    },
    hips: { x: mean(({ hips }) => hips.x), y: mean(({ hips }) => hips.y) },
    rim: { x: mean(({ rim }) => rim.x), y: mean(({ rim }) => rim.y) },
  };
}
