/** Lays the sparse tensors of TensorFlow Lite out in full (SparsityParameters in its schema.fbs; after TACO, arXiv 1802.10574). */
import type { ScalarVector } from './flatbuffer-schema.ts';
import type { TfliteSparsity } from './tflite-schema.ts';

const DENSE = 0;

/** A level of the tree the stored values hang in: every index up to a size, or the listed ones only. */
type Level = { readonly size: number } | { readonly segments: ScalarVector; readonly indices: ScalarVector };

/**
 * The full tensor, in row-major order; zero where nothing is stored.
 *
 * The values are the leaves of a tree with one level for each dimension in `traversalOrder`. Orders beyond the rank stand for the
 * inner dimensions of blocks: `blockMap` tells which dimension each of them subdivides.
 */
export function densify(
  values: Uint16Array,
  shape: readonly number[],
  sparsity: TfliteSparsity,
): Uint16Array {
  const rank = shape.length;
  const order = sparsity.traversalOrder;
  const blockMap = sparsity.blockMap ?? new Int32Array();
  const levels = sparsity.dimMetadata.map(toLevel);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const blockSize = shape.map(() => 1);
  for (const [block, axis] of blockMap.entries()) {
    blockSize[axis] = sparsity.dimMetadata[rank + block]?.denseSize ?? 1;
  }
  // How far one step on a level moves in the full tensor.
  const steps = Array.from(order, (dimension) => {
    if (dimension >= rank) return strides[blockMap[dimension - rank] ?? 0] ?? 0;
    return (strides[dimension] ?? 0) * (blockSize[dimension] ?? 1);
  });

  const full = new Uint16Array(shape.reduce((product, size) => product * size, 1));
  const descend = (depth: number, node: number, position: number): void => {
    const level = levels[depth];
    const step = steps[depth] ?? 0;
    if (level === undefined) {
      full[position] = values[node] ?? 0;
    } else if ('size' in level) {
      for (let i = 0; i < level.size; i++) descend(depth + 1, node * level.size + i, position + i * step);
    } else {
      const end = Number(level.segments[node + 1]);
      for (let child = Number(level.segments[node]); child < end; child++) {
        descend(depth + 1, child, position + Number(level.indices[child]) * step);
      }
    }
  };
  descend(0, 0, 0);
  return full;
}

function toLevel(dimension: TfliteSparsity['dimMetadata'][number]): Level {
  if (dimension.format === DENSE) return { size: dimension.denseSize };
  const segments = dimension.arraySegments?.value.values as ScalarVector;
  const indices = dimension.arrayIndices?.value.values as ScalarVector;
  return { segments, indices };
}
