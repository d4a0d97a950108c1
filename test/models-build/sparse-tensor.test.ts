import { describe, expect, it } from '@jest/globals';
import { densify } from '../../tools/models-build/sparse-tensor.ts';

const DENSE = { format: 0, arraySegments: undefined, arrayIndices: undefined };

function sparse(segments: readonly number[], indices: readonly number[]) {
  return {
    format: 1,
    denseSize: 0,
    arraySegments: { kind: 'Int32Vector', value: { values: Int32Array.from(segments) } },
    arrayIndices: { kind: 'Uint8Vector', value: { values: Uint8Array.from(indices) } },
  };
}

describe('a sparse tensor laid out in full', () => {
  it('has its values where the compressed rows say', () => {
    // 3 x 4, row by row: one value, none, two.
    const full = densify(Uint16Array.of(7, 8, 9), [3, 4], {
      traversalOrder: Int32Array.of(0, 1),
      dimMetadata: [{ ...DENSE, denseSize: 3 }, sparse([0, 1, 1, 3], [2, 0, 3])],
    } as never);
    expect(Array.from(full)).toEqual([0, 0, 7, 0, 0, 0, 0, 0, 8, 0, 0, 9]);
  });

  it('follows the order its dimensions were traversed in', () => {
    // 2 x 3, column by column.
    const full = densify(Uint16Array.of(5, 6), [2, 3], {
      traversalOrder: Int32Array.of(1, 0),
      dimMetadata: [{ ...DENSE, denseSize: 3 }, sparse([0, 1, 1, 2], [1, 0])],
    } as never);
    expect(Array.from(full)).toEqual([0, 0, 6, 5, 0, 0]);
  });

  it('unfolds blocks', () => {
    // 2 x 4 in blocks of 1 x 2; only the second block of the second row is stored.
    const full = densify(Uint16Array.of(1, 2), [2, 4], {
      traversalOrder: Int32Array.of(0, 1, 2),
      blockMap: Int32Array.of(1),
      dimMetadata: [{ ...DENSE, denseSize: 2 }, sparse([0, 0, 1], [1]), { ...DENSE, denseSize: 2 }],
    } as never);
    expect(Array.from(full)).toEqual([0, 0, 0, 0, 0, 0, 1, 2]);
  });
});
