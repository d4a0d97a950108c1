/** Boxes in the two layouts the papers use, conversions between them, overlap and clipping. Depends on nothing. */

/** Top-left corner and size, in pixels; the layout of the result, of ffmpeg's crop filter and of the MOT files. */
export interface Tlwh {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Centre x, centre y, aspect ratio (width / height), height: the measurement of DeepSORT's Kalman filter (arXiv 1703.07402). */
export type Xyah = readonly [centreX: number, centreY: number, aspect: number, height: number];

/** A point in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Of a picture, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export function tlwhToXyah({ x, y, width, height }: Tlwh): Xyah {
  return [x + width / 2, y + height / 2, width / height, height];
}

export function xyahToTlwh([centreX, centreY, aspect, height]: Xyah): Tlwh {
  const width = aspect * height;
  return { x: centreX - width / 2, y: centreY - height / 2, width, height };
}

/** The smallest box that holds all points, of which there is at least one. */
export function boxAroundPoints(points: readonly Point[]): Tlwh {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

export function centreOfBox({ x, y, width, height }: Tlwh): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

export function area({ width, height }: Tlwh): number {
  return Math.max(0, width) * Math.max(0, height);
}

export function intersectionArea(a: Tlwh, b: Tlwh): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Intersection over union, 0..1; 0 for boxes without area. */
export function iou(a: Tlwh, b: Tlwh): number {
  const intersection = intersectionArea(a, b);
  return intersection > 0 ? intersection / (area(a) + area(b) - intersection) : 0;
}

/** The part of the box inside a picture of the given size; its size is 0 where the box lies outside. */
export function clipToPicture(box: Tlwh, picture: Size): Tlwh {
  const x = Math.min(Math.max(box.x, 0), picture.width);
  const y = Math.min(Math.max(box.y, 0), picture.height);
  const right = Math.min(Math.max(box.x + box.width, 0), picture.width);
  const bottom = Math.min(Math.max(box.y + box.height, 0), picture.height);
  return { x, y, width: Math.max(0, right - x), height: Math.max(0, bottom - y) };
}

/** The box in a picture that is `scaleX` by `scaleY` times as large. */
export function scaleBox(box: Tlwh, scaleX: number, scaleY: number): Tlwh {
  return {
    x: box.x * scaleX,
    y: box.y * scaleY,
    width: box.width * scaleX,
    height: box.height * scaleY,
  };
}
