/** The rotated squares of a picture that the pose networks look at, and the two ways to one: alignment points and a face. */
import { centreOfBox, type Point, type Size, type Tlwh } from '../../geometry/box.ts';

/** A square of the picture, in pixels, turned so that the person in it stands upright. May reach outside the picture. */
export interface BodyRegion {
  readonly centreX: number;
  readonly centreY: number;
  readonly side: number;
  /** Clockwise in the picture (y points down), -pi..pi; 0 for a person standing upright. */
  readonly rotationRadians: number;
}

/** MediaPipe's RectTransformationCalculator enlarges every body region so that hands and feet in motion stay inside. */
const MARGIN = 1.25;

/** Brings an angle into -pi..pi. */
function normalizeRadians(angle: number): number {
  return angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
}

/**
 * The region BlazePose's alignment points span (AlignmentPointsRectsCalculator): a circle around `centre`, the middle of the hips,
 * through `rim`, a point straight above the head. Both in pixels.
 */
export function regionFromAlignment(centre: Point, rim: Point): BodyRegion {
  const dx = rim.x - centre.x;
  const dy = rim.y - centre.y;
  return {
    centreX: centre.x,
    centreY: centre.y,
    side: 2 * Math.hypot(dx, dy) * MARGIN,
    rotationRadians: normalizeRadians(Math.PI / 2 - Math.atan2(-dy, dx)),
  };
}

/**
 * Hips below the centre of a face, and the rim above it, in face heights, for an upright person. Measured on ten films: between the
 * regions the network settles on for a talking head (2.7 and 0.7) and for a dancer seen from head to foot (3.9 and 1.5).
 */
const BODY_OF_FACE = { hipsBelow: 3.2, rimAbove: 1 };
/** Nearer than a talking head's: of twelve people missed in five films of groups, it led to nine (the region above again: to one). */
const CLOSE_UP_OF_FACE = { hipsBelow: 2.4, rimAbove: 0.8 };

/** The region of the body that belongs to a face (box in pixels), supposing the person is upright. */
export function regionFromFace(face: Tlwh): BodyRegion {
  return regionBelow(face, BODY_OF_FACE);
}

/** A smaller one, which leaves out most of the neighbours the network settled on in the other. */
export function closeRegionFromFace(face: Tlwh): BodyRegion {
  return regionBelow(face, CLOSE_UP_OF_FACE);
}

/** The region for a person who leans: turned around the middle of the face, clockwise in the picture (y points down). */
export function leaningRegionFromFace(face: Tlwh, radians: number): BodyRegion {
  return regionBelow(face, BODY_OF_FACE, radians);
}

function regionBelow(
  face: Tlwh,
  { hipsBelow, rimAbove }: { hipsBelow: number; rimAbove: number },
  leanRadians = 0,
): BodyRegion {
  const { x, y } = centreOfBox(face);
  const right = -Math.sin(leanRadians) * face.height;
  const down = Math.cos(leanRadians) * face.height;
  return regionFromAlignment(
    { x: x + hipsBelow * right, y: y + hipsBelow * down },
    { x: x - rimAbove * right, y: y - rimAbove * down },
  );
}

/** The square that holds the whole picture, centred: what the detector sees. */
export function regionOfPicture({ width, height }: Size): BodyRegion {
  return { centreX: width / 2, centreY: height / 2, side: Math.max(width, height), rotationRadians: 0 };
}

/** The upright box, in pixels, that holds all of a region and the pixels that are blended at its edge. */
export function boxAroundRegion({ centreX, centreY, side, rotationRadians }: BodyRegion): Tlwh {
  const reach = (side / 2) * (Math.abs(Math.cos(rotationRadians)) + Math.abs(Math.sin(rotationRadians))) + 2;
  return { x: centreX - reach, y: centreY - reach, width: 2 * reach, height: 2 * reach };
}

/** Where a point of the region, in fractions of its side from its top-left corner, lies in the picture; pixels. */
export function fromRegion(region: BodyRegion, u: number, v: number): Point {
  const cos = Math.cos(region.rotationRadians);
  const sin = Math.sin(region.rotationRadians);
  const right = (u - 0.5) * region.side;
  const down = (v - 0.5) * region.side;
  return { x: region.centreX + cos * right - sin * down, y: region.centreY + sin * right + cos * down };
}
