import { describe, expect, it } from '@jest/globals';
import { decodeYoloFaces, hasLandmarkRows } from '../../src/vision/yolo-output.ts';

/** An output of one picture whose anchors are the given columns. */
function output(...columns: number[][]) {
  const rows = columns[0]?.length ?? 0;
  const data = new Float32Array(rows * columns.length);
  columns.forEach((column, anchor) => {
    column.forEach((value, row) => {
      data[row * columns.length + anchor] = value;
    });
  });
  return { data, shape: [1, rows, columns.length] };
}

describe('the output of a YOLOv8-face network', () => {
  it('is read as boxes from centre and size, above the threshold only', () => {
    const faces = decodeYoloFaces(output([50, 40, 20, 10, 0.75], [5, 5, 2, 2, 0.25]), 0.5);
    expect(faces).toEqual([
      { box: { x: 40, y: 35, width: 20, height: 10 }, confidence: 0.75, landmarks: null },
    ]);
  });

  it('has five landmarks in exports of 15 rows, and of 20 rows where each has a visibility too', () => {
    const points = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const expected = [
      { x: 1, y: 2 },
      { x: 3, y: 4 },
      { x: 5, y: 6 },
      { x: 7, y: 8 },
      { x: 9, y: 10 },
    ];
    const plain = output([50, 40, 20, 10, 1, ...points]);
    const withVisibility = output([50, 40, 20, 10, 1, ...expected.flatMap(({ x, y }) => [x, y, 0.5])]);
    expect(decodeYoloFaces(plain, 0.5)[0]?.landmarks).toEqual(expected);
    expect(decodeYoloFaces(withVisibility, 0.5)[0]?.landmarks).toEqual(expected);
    expect([plain, withVisibility, output([0, 0, 0, 0, 0])].map(hasLandmarkRows)).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('is read for the first picture of a batch', () => {
    const { data } = output([50, 40, 20, 10, 0.75]);
    const batch = { data: Float32Array.from([...data, ...data]), shape: [2, 5, 1] };
    expect(decodeYoloFaces(batch, 0.5)).toHaveLength(1);
  });

  it('is refused when its shape is another', () => {
    const foreign = { data: new Float32Array(84), shape: [1, 84, 1] };
    expect(() => decodeYoloFaces(foreign, 0.5)).toThrow(
      "the face detector's output is [1,84,1]; expected [batch,5|15|20,anchors]",
    );
  });

  it('is refused when its confidences are no probabilities, but not for a rounding error', () => {
    expect(() => decodeYoloFaces(output([1, 1, 1, 1, 7.5]), 0.5)).toThrow(
      'a confidence of 7.5; expected 0 to 1',
    );
    expect(decodeYoloFaces(output([1, 1, 1, 1, 1.0001]), 0.5)[0]?.confidence).toBe(1);
  });
});
