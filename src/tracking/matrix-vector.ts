/** The product of a matrix and a vector by vector instructions (WebAssembly SIMD, the same to the last bit everywhere): several times as fast as a loop. */
import { readFileSync } from 'node:fs';

/** As much of it as is used: TypeScript knows it as a part of browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** Addresses in bytes; see the .wat file. */
  multiply(row: number, rows: number, rowBytes: number, vector: number, product: number): void;
}

/** Its memory is where the operands of one product lie while it is computed; nothing stays there for the next one. */
const kernel = new WebAssembly.Instance(
  new WebAssembly.Module(readFileSync(new URL('matrix-vector.wasm', import.meta.url))),
).exports as Kernel;

/** Rows that are multiplied in one go: few enough for the processor's cache, whatever the matrix has. */
const BLOCK_ROWS = 64;
const PAGE_BYTES = 65_536;
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
  const memory = memoryFor(stride + BLOCK_ROWS * (stride + 1));
  const [rowsAt, productsAt] = [stride, stride + BLOCK_ROWS * stride];
  memory.set(vector);
  if (vector.length < stride) memory.fill(0, vector.length, stride);
  for (let first = 0; first < products.length; first += BLOCK_ROWS) {
    const end = Math.min(first + BLOCK_ROWS, products.length);
    memory.set(matrix.subarray(first * stride, end * stride), rowsAt);
    kernel.multiply(
      rowsAt * FLOAT64_BYTES,
      end - first,
      stride * FLOAT64_BYTES,
      0,
      productsAt * FLOAT64_BYTES,
    );
    for (let i = first; i < end; i++) products[i] = memory[productsAt + i - first] as number;
  }
}

let view = new Float64Array(kernel.memory.buffer);

/** Room for so many numbers: it grows with the length of vectors alone. */
function memoryFor(numbers: number): Float64Array {
  const missing = numbers - view.length;
  if (missing > 0) {
    kernel.memory.grow(Math.ceil((missing * FLOAT64_BYTES) / PAGE_BYTES));
    view = new Float64Array(kernel.memory.buffer);
  }
  return view;
}
