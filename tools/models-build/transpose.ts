/** Reorders the axes of a tensor. */

/** The values in row-major order after axis `axes[i]` of the source has become axis i. */
export function transpose(
  values: Uint16Array,
  shape: readonly number[],
  axes: readonly number[],
): Uint16Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const result = new Uint16Array(values.length);
  let next = 0;
  const copy = (depth: number, position: number): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      result[next++] = values[position] ?? 0;
      return;
    }
    for (let i = 0; i < (shape[axis] ?? 0); i++) copy(depth + 1, position + i * (strides[axis] ?? 0));
  };
  copy(0, 0);
  return result;
}
