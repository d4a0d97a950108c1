/** Boxes in the three layouts the papers use, conversions between them, overlap and clipping. Depends on nothing. */

/** Top-left corner and size, in pixels; the layout of the result, of ffmpeg's crop filter and of the MOT files. */
export interface Tlwh {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Top-left and bottom-right corners, in pixels. */
export interface Tlbr {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
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

export function tlbrToTlwh({ left, top, right, bottom }: Tlbr): Tlwh {
  return { x: left, y: top, width: right - left, height: bottom - top };
}

export function tlwhToXyah({ x, y, width, height }: Tlwh): Xyah {
  return [x + width / 2, y + height / 2, width / height, height];
}

export function xyahToTlwh([centreX, centreY, aspect, height]: Xyah): Tlwh {
  const width = aspect * height;
  return { x: centreX - width / 2, y: centreY - height / 2, width, height };
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
