import { describe, expect, it } from '@jest/globals';
import { writeHalf } from '../../src/vision/halving.ts';
import { seededRandom } from '../../tools/seeded-random.ts';

describe('writeHalf', () => {
  const random = seededRandom(11);

  it.each([
    [1, 1, 0, 0],
    [3, 40, 1, 2],
    [37, 17, 5, 0],
    [64, 16, 0, 3],
  ])('writes means of 2 x 2 pixels, %d x %d of them, and nothing else', (width, height, x, y) => {
    const image = { width: 2 * width + x + 1, height: 2 * height + y, data: new Uint8Array() };
    image.data = Uint8Array.from({ length: image.width * image.height * 3 }, () => 256 * random());
    const [planeWidth, planeHeight, left, top] = [width + 3, height + 2, 2, 1];
    const data = new Float32Array(3 * planeWidth * planeHeight).fill(-1);
    writeHalf(image, x, y, { width, height }, { data, planeWidth, planeHeight, left, top });
    const byte = (column: number, row: number, channel: number) =>
      image.data[(row * image.width + column) * 3 + channel] ?? Number.NaN;
    for (let channel = 0; channel < 3; channel++) {
      for (let row = 0; row < planeHeight; row++) {
        for (let column = 0; column < planeWidth; column++) {
          const [toX, toY] = [column - left, row - top];
          const isInside = toX >= 0 && toY >= 0 && toX < width && toY < height;
          const [fromX, fromY] = [x + 2 * toX, y + 2 * toY];
          const sum =
            byte(fromX, fromY, channel) +
            byte(fromX + 1, fromY, channel) +
            byte(fromX, fromY + 1, channel) +
            byte(fromX + 1, fromY + 1, channel);
          const written = data[(channel * planeHeight + row) * planeWidth + column];
          expect(written).toBeCloseTo(isInside ? sum / 1020 : -1, 6);
        }
      }
    }
  });
});
