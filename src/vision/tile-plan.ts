/** Divides a large picture into overlapping tiles, so that faces that vanish when it is shrunk as a whole are seen closer. */
import type { Size, Tlwh } from '../geometry/box.ts';

/** A picture this many times longer than the detector's input has faces worth a second, closer look: 4K at 640, but not 1080p. */
const MIN_SHRINKAGE = 4;

/** Source pixels of a tile for each pixel of the detector's input: small faces are seen at half their size. */
const TILE_SHRINKAGE = 2;

/** Share of a tile that its neighbour sees as well. Faces up to this size are whole in one of them; larger ones the whole picture shows. */
const MIN_OVERLAP = 0.2;

/** How much longer than the detector's input a picture is at most of use: so far a halving keeps what small faces are made of. */
const USEFUL_SHRINKAGE = 2;

/** The same when tiles look closer: 4K for an input of 640. */
const USEFUL_TILED_SHRINKAGE = 6;

/** The longest side, in pixels, a picture should have for a detector; what is beyond it costs time and shows nothing more. */
export function usefulLongSide(inputSize: number, isTiled: boolean): number {
  return inputSize * (isTiled ? USEFUL_TILED_SHRINKAGE : USEFUL_SHRINKAGE);
}

/**
 * The tiles of a picture, row by row, all of one size; empty when the picture is small enough to be seen as a whole.
 * @param inputSize long side of the detector's input, in pixels
 */
export function planTiles(picture: Size, inputSize: number): Tlwh[] {
  if (Math.max(picture.width, picture.height) < MIN_SHRINKAGE * inputSize) return [];
  const side = TILE_SHRINKAGE * inputSize;
  const width = Math.min(side, picture.width);
  const height = Math.min(side, picture.height);
  return starts(picture.height, height).flatMap((y) =>
    starts(picture.width, width).map((x) => ({ x, y, width, height })),
  );
}

/** Whether a box touches a border of its tile that is no border of the picture: there its face may be cut. */
export function isCutByTile(box: Tlwh, tile: Tlwh, picture: Size): boolean {
  return (
    (tile.x > 0 && box.x <= tile.x + 1) ||
    (tile.y > 0 && box.y <= tile.y + 1) ||
    (tile.x + tile.width < picture.width && box.x + box.width >= tile.x + tile.width - 1) ||
    (tile.y + tile.height < picture.height && box.y + box.height >= tile.y + tile.height - 1)
  );
}

/** Evenly spread start positions of the fewest tiles that cover a length with the least overlap. */
function starts(length: number, tile: number): number[] {
  const free = length - tile;
  const steps = Math.ceil(free / (tile * (1 - MIN_OVERLAP)));
  return Array.from({ length: steps + 1 }, (_, i) => (steps === 0 ? 0 : Math.round((free * i) / steps)));
}
