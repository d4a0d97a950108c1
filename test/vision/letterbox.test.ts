import { describe, expect, it } from '@jest/globals';
import { Letterbox, PADDING_GREY, rectangularCanvas } from '../../src/vision/letterbox.ts';
import { paint, plain } from '../helpers/pictures.ts';

const WHOLE = { x: 0, y: 0 };

describe('the letterbox', () => {
  it.each([
    [1280, 720, 640, 384],
    [720, 1280, 384, 640],
    [1920, 1080, 640, 384],
    [640, 640, 640, 640],
    [1, 1, 640, 640],
    [16, 720, 32, 640],
    [20_000, 30, 640, 32],
  ])('puts %dx%d on a canvas of %dx%d', (width, height, canvasWidth, canvasHeight) => {
    expect(rectangularCanvas({ width, height }, 640)).toEqual({ width: canvasWidth, height: canvasHeight });
  });

  it('keeps the picture undistorted in the middle of grey, in planes of red, green and blue from 0 to 1', () => {
    const letterbox = new Letterbox({ width: 8, height: 4 }, { width: 4, height: 4 });
    const tensor = letterbox.createTensor();
    letterbox.write(plain(8, 4, [255, 51, 0]), WHOLE, tensor);
    const grey = PADDING_GREY / 255;
    const plane = (value: number) => [grey, value, value, grey].flatMap((row) => [row, row, row, row]);
    [...plane(1), ...plane(0.2), ...plane(0)].forEach((value, i) => {
      expect(tensor[i]).toBeCloseTo(value, 6);
    });
  });

  it('averages what it shrinks: halves, thirds and uneven parts alike', () => {
    const ramp = paint(12, 12, (x, y) => [x * 10, y * 10, 255]);
    for (const side of [6, 4, 8, 5, 1]) {
      const letterbox = new Letterbox(ramp, { width: side, height: side });
      const tensor = letterbox.createTensor();
      letterbox.write(ramp, WHOLE, tensor);
      const scale = 12 / side;
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          // The mean of a ramp over an interval is its value in the middle, up to where the interval cuts pixels.
          expect(tensor[y * side + x]).toBeCloseTo((((x + 0.5) * scale - 0.5) * 10) / 255, 1);
          expect(tensor[side * side + y * side + x]).toBeCloseTo((((y + 0.5) * scale - 0.5) * 10) / 255, 1);
          expect(tensor[2 * side * side + y * side + x]).toBeCloseTo(1, 6);
        }
      }
    }
  });

  it('gives the same picture by halves as by the general way', () => {
    const noise = paint(64, 64, (x, y) => [(x * 37 + y * 91) % 256, (x * y) % 256, (x * 13) % 256]);
    const halved = new Letterbox(noise, { width: 32, height: 32 });
    const tensor = halved.createTensor();
    halved.write(noise, WHOLE, tensor);
    for (let i = 0; i < 32 * 32; i++) {
      const [x, y] = [(i % 32) * 2, Math.floor(i / 32) * 2];
      const at = (dx: number, dy: number) => noise.data[((y + dy) * 64 + x + dx) * 3] ?? 0;
      expect(tensor[i]).toBeCloseTo((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 1020, 6);
    }
  });

  it('writes a window of a larger picture as if it were a picture of its own', () => {
    const large = paint(100, 80, (x, y) => [x, y, x + y]);
    const window = paint(50, 30, (x, y) => [x + 40, y + 20, x + y + 60]);
    const letterbox = new Letterbox(window, { width: 32, height: 32 });
    const [fromLarge, alone] = [letterbox.createTensor(), letterbox.createTensor()];
    letterbox.write(large, { x: 40, y: 20 }, fromLarge);
    letterbox.write(window, WHOLE, alone);
    expect(fromLarge).toEqual(alone);
  });

  it('maps points and boxes back to the picture', () => {
    const letterbox = new Letterbox({ width: 1280, height: 720 }, { width: 640, height: 384 });
    expect(letterbox.pointToSource({ x: 0, y: 12 })).toEqual({ x: 0, y: 0 });
    expect(letterbox.pointToSource({ x: 640, y: 372 })).toEqual({ x: 1280, y: 720 });
    expect(letterbox.boxToSource({ x: 10, y: 22, width: 5, height: 6 })).toEqual({
      x: 20,
      y: 20,
      width: 10,
      height: 12,
    });
  });
});
