/** The product of a matrix and a vector, several times as fast as a loop of JavaScript. */
import { kernelMemory, kernels } from './kernels.ts';

/** Rows that are multiplied in one go: few enough for the processor's cache, whatever the matrix has. */
const BLOCK_ROWS = 64;
const FLOAT64_BYTES = Float64Array.BYTES_PER_ELEMENT;

/** Numbers that a row takes in memory, those of its vectors and zeros behind them. */
export function rowLength(vectorLength: number): number {
  return Math.ceil(vectorLength / 8) * 8;
}

/**
 * Writes the dot products of each row with a vector.
 * @param matrix `rowLength(vector.length)` numbers a row
 * @param products a number for each row wanted, from the first on
 */
export function multiply(matrix: Float64Array, vector: ArrayLike<number>, products: Float64Array): void {
  const stride = rowLength(vector.length);
  const { doubles } = kernelMemory((stride + BLOCK_ROWS * (stride + 1)) * FLOAT64_BYTES);
  const [rowsAt, productsAt] = [stride, stride + BLOCK_ROWS * stride];
  doubles.set(vector);
  if (vector.length < stride) doubles.fill(0, vector.length, stride);
  for (let first = 0; first < products.length; first += BLOCK_ROWS) {
    const end = Math.min(first + BLOCK_ROWS, products.length);
    doubles.set(matrix.subarray(first * stride, end * stride), rowsAt);
    kernels.multiply(
      rowsAt * FLOAT64_BYTES,
      end - first,
      stride * FLOAT64_BYTES,
      0,
      productsAt * FLOAT64_BYTES,
    );
    for (let i = first; i < end; i++) products[i] = doubles[productsAt + i - first] as number;
  }
}
