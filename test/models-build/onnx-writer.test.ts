import { describe, expect, it } from '@jest/globals';
import { OnnxSession } from '../../src/inference/onnx-session.ts';
import { type OnnxGraph, writeOnnx } from '../../tools/models-build/onnx-writer.ts';
import { transpose } from '../../tools/models-build/transpose.ts';

/** y = transpose(reshape(x)) + one half, widened from float16. */
const GRAPH: OnnxGraph = {
  name: 'test',
  nodes: [
    { operator: 'Cast', inputs: ['half'], outputs: ['wide'], attributes: { to: 1 } },
    { operator: 'Reshape', inputs: ['x', 'shape'], outputs: ['square'] },
    { operator: 'Transpose', inputs: ['square'], outputs: ['turned'], attributes: { perm: [1, 0] } },
    { operator: 'Add', inputs: ['turned', 'wide'], outputs: ['y'] },
  ],
  initializers: [
    { name: 'half', type: 'float16', shape: [1], data: Uint16Array.of(0x3800) },
    { name: 'shape', type: 'int64', shape: [2], data: BigInt64Array.of(2n, 2n) },
  ],
  inputs: [{ name: 'x', shape: [4] }],
  outputs: [{ name: 'y', shape: [2, 2] }],
};

describe('a written ONNX network', () => {
  it('runs as its nodes say', async () => {
    const session = await OnnxSession.create('test', writeOnnx(GRAPH, 'test'));
    const { y } = await session.run({ x: { data: Float32Array.of(1, 2, 3, 4), shape: [4] } });
    expect(Array.from(y?.data ?? [])).toEqual([1.5, 3.5, 2.5, 4.5]);
    await session.close();
  });

  it('has the same bytes every time', () => {
    expect(Buffer.compare(writeOnnx(GRAPH, 'test'), writeOnnx(GRAPH, 'test'))).toBe(0);
  });
});

describe('a transposed tensor', () => {
  it('has its axes in the new order', () => {
    const values = Uint16Array.of(0, 1, 2, 3, 4, 5);
    expect(Array.from(transpose(values, [2, 3], [1, 0]))).toEqual([0, 3, 1, 4, 2, 5]);
    const pictures = Uint16Array.from({ length: 12 }, (_, i) => i);
    // 1 x 2 x 2 x 3 as rows, columns, channels becomes channels, rows, columns.
    expect(Array.from(transpose(pictures, [1, 2, 2, 3], [0, 3, 1, 2]))).toEqual([
      0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11,
    ]);
  });
});
