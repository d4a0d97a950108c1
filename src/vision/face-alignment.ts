/** Brings a face into the one pose its embedder knows: eyes, nose and mouth at fixed places of a small square picture. */
import type { Point, Tlwh } from '../geometry/box.ts';

/** Side of the aligned faces that the template is for, and that embedders usually take, in pixels. */
export const TEMPLATE_SIDE = 112;

/** Where ArcFace's 112 x 112 crops have left eye, right eye, nose, left and right mouth corner (arXiv 1801.07698). */
const TEMPLATE: readonly Point[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
];

/** Where the five landmarks lie in a face's box on average, as shares of its width and height. */
const MEAN_LANDMARKS_IN_BOX: readonly Point[] = [
  { x: 0.31, y: 0.4 },
  { x: 0.69, y: 0.4 },
  { x: 0.5, y: 0.59 },
  { x: 0.35, y: 0.745 },
  { x: 0.65, y: 0.745 },
];

/** Rotation, one scale and a shift: (x, y) goes to (a x - b y + shiftX, b x + a y + shiftY). */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly shiftX: number;
  readonly shiftY: number;
}

/**
 * The transform that takes the aligned square's pixels to the picture's, by least squares over the five landmarks.
 * @param side of the square, in pixels: the template grows with it
 */
export function alignedToPicture(landmarks: readonly Point[], side: number = TEMPLATE_SIDE): Similarity {
  const scale = side / TEMPLATE_SIDE;
  return fitSimilarity(
    TEMPLATE.map(({ x, y }) => ({ x: x * scale, y: y * scale })),
    landmarks,
  );
}

/** Stand-ins for a face whose detector gives no landmarks: the average places of eyes, nose and mouth in its box. */
export function landmarksFromBox({ x, y, width, height }: Tlwh): Point[] {
  return MEAN_LANDMARKS_IN_BOX.map((share) => ({ x: x + share.x * width, y: y + share.y * height }));
}

/**
 * The similarity transform with the least squared error between pairs of points, in closed form (Umeyama 1991, in the plane, without mirroring).
 * @param from at least two different points
 */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Similarity {
  const fromMean = mean(from);
  const toMean = mean(to);
  let spread = 0;
  let along = 0;
  let across = 0;
  from.forEach((point, i) => {
    const { x, y } = subtract(point, fromMean);
    const target = subtract(to[i] ?? toMean, toMean);
    spread += x * x + y * y;
    along += x * target.x + y * target.y;
    across += x * target.y - y * target.x;
  });
  const a = along / spread;
  const b = across / spread;
  return {
    a,
    b,
    shiftX: toMean.x - a * fromMean.x + b * fromMean.y,
    shiftY: toMean.y - b * fromMean.x - a * fromMean.y,
  };
}

function mean(points: readonly Point[]): Point {
  const sum = points.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}

function subtract(a: Point, b: Point): Point {
  return { x: a.x - b.x, y: a.y - b.y };
}
