import { describe, expect, it } from '@jest/globals';
import { isCutByTile, planTiles, usefulLongSide } from '../../src/vision/tile-plan.ts';

const UHD = { width: 3840, height: 2160 };

describe('the tile plan', () => {
  it('leaves pictures whole that the detector sees well enough', () => {
    expect(planTiles({ width: 1920, height: 1080 }, 640)).toEqual([]);
    expect(planTiles({ width: 2559, height: 1440 }, 640)).toEqual([]);
    expect(planTiles(UHD, 1280)).toEqual([]);
  });

  it('asks for 4K pictures only where tiles look at them', () => {
    expect(usefulLongSide(640, false)).toBe(1280);
    expect(usefulLongSide(640, true)).toBe(3840);
    expect(planTiles({ width: usefulLongSide(640, false), height: 720 }, 640)).toEqual([]);
  });

  it('covers a 4K picture with tiles of twice the input size', () => {
    const tiles = planTiles(UHD, 640);
    expect(tiles).toHaveLength(8);
    expect(tiles[0]).toEqual({ x: 0, y: 0, width: 1280, height: 1280 });
    expect(tiles.at(-1)).toEqual({ x: 2560, y: 880, width: 1280, height: 1280 });
  });

  it.each([
    [3840, 2160],
    [2160, 3840],
    [7680, 4320],
    [20_000, 300],
    [2560, 1440],
  ])('holds every face up to a fifth of a tile of a %dx%d picture whole in one tile', (width, height) => {
    const tiles = planTiles({ width, height }, 640);
    for (const tile of tiles) {
      expect(tile.x + tile.width).toBeLessThanOrEqual(width);
      expect(tile.y + tile.height).toBeLessThanOrEqual(height);
    }
    const side = 250;
    for (let x = 0; x + side <= width; x += 97) {
      for (let y = 0; y + side <= height; y += 97) {
        const whole = tiles.some(
          (tile) =>
            tile.x <= x && tile.y <= y && tile.x + tile.width >= x + side && tile.y + tile.height >= y + side,
        );
        if (!whole) throw new Error(`no tile holds (${x}, ${y})`);
      }
    }
  });

  it('tells a face that a seam cuts from one at the border of the picture', () => {
    const tile = { x: 0, y: 880, width: 1280, height: 1280 };
    const box = { x: 0, y: 1000, width: 50, height: 50 };
    expect(isCutByTile(box, tile, UHD)).toBe(false);
    expect(isCutByTile({ ...box, x: 1230 }, tile, UHD)).toBe(true);
    expect(isCutByTile({ ...box, y: 880 }, tile, UHD)).toBe(true);
    expect(isCutByTile({ ...box, y: 2110 }, tile, UHD)).toBe(false);
  });
});
