import { describe, expect, it } from '@jest/globals';
import {
  area,
  boxAroundPoints,
  centreOfBox,
  clipToPicture,
  iou,
  scaleBox,
  tlwhToXyah,
  xyahToTlwh,
} from '../../src/geometry/box.ts';

const box = { x: 10, y: 20, width: 30, height: 60 };

describe('box', () => {
  it('keeps its place through every layout and back', () => {
    expect(xyahToTlwh(tlwhToXyah(box))).toEqual(box);
    expect(tlwhToXyah(box)).toEqual([25, 50, 0.5, 60]);
  });

  it('holds its points, and has its centre between them', () => {
    const corners = [
      { x: 40, y: 50 },
      { x: 10, y: 80 },
      { x: 25, y: 20 },
    ];
    expect(boxAroundPoints(corners)).toEqual(box);
    expect(centreOfBox(box)).toEqual({ x: 25, y: 50 });
  });

  it('overlaps itself fully, a half-shifted one by a third, and a distant or empty one not at all', () => {
    expect(iou(box, box)).toBe(1);
    expect(iou(box, { ...box, x: 25 })).toBeCloseTo(1 / 3, 12);
    expect(iou(box, { ...box, x: 40 })).toBe(0);
    expect(iou(box, { ...box, width: 0 })).toBe(0);
  });

  it('is cut to the picture, and has no area left outside it', () => {
    expect(clipToPicture({ x: -10, y: 90, width: 30, height: 30 }, { width: 100, height: 100 })).toEqual({
      x: 0,
      y: 90,
      width: 20,
      height: 10,
    });
    expect(area(clipToPicture({ x: 200, y: 0, width: 5, height: 5 }, { width: 100, height: 100 }))).toBe(0);
  });

  it('grows with the picture, each axis by its own factor', () => {
    expect(scaleBox(box, 2, 0.5)).toEqual({ x: 20, y: 10, width: 60, height: 30 });
  });
});
