import { describe, expect, it } from '@jest/globals';
import { multiply, rowLength } from '../../src/kernels/matrix-vector.ts';
import { seededRandom } from '../../tools/seeded-random.ts';

describe('multiply', () => {
  const random = seededRandom(3);

  it.each([
    [1, 1],
    [3, 7],
    [64, 8],
    [65, 13],
    [200, 128],
    [5, 4001],
    [130, 2],
  ])('has the product of %d rows with a vector of %d numbers', (rows, length) => {
    const stride = rowLength(length);
    const values = Array.from({ length: rows }, () => Array.from({ length }, () => random() - 0.5));
    const matrix = new Float64Array(rows * stride);
    for (const [row, numbers] of values.entries()) matrix.set(numbers, row * stride);
    const vector = Float32Array.from({ length }, () => random() - 0.5);
    const products = new Float64Array(rows);
    multiply(matrix, vector, products);
    for (const [row, numbers] of values.entries()) {
      const expected = numbers.reduce((sum, value, i) => sum + value * (vector[i] ?? Number.NaN), 0);
      expect(products[row]).toBeCloseTo(expected, 12);
    }
  });

  it('remembers nothing of the product before', () => {
    multiply(
      new Float64Array(16).fill(Number.NaN),
      new Float64Array(16).fill(Number.NaN),
      new Float64Array(1),
    );
    const products = new Float64Array(1);
    multiply(Float64Array.of(2, 0, 0, 0, 0, 0, 0, 0), [3], products);
    expect(products[0]).toBe(6);
  });

  it('is not a number where an operand is none', () => {
    const products = new Float64Array(2);
    multiply(Float64Array.of(Number.NaN, ...Array.from({ length: 15 }, () => 0)), [1, 1], products);
    expect([...products]).toEqual([Number.NaN, 0]);
  });
});
