/**
 * The loops that work on all pixels and looks, in WebAssembly, whose vector instructions give the same to the last bit everywhere: V8 makes
 * none of JavaScript. Each .wasm file is made of the .wat file beside it: node tools/wasm/build.ts
 */
import { readFileSync } from 'node:fs';

/** As much of it as is used: TypeScript knows it as a part of browsers only. */
declare const WebAssembly: {
  readonly Memory: new (pages: {
    readonly initial: number;
  }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** Operands by their addresses in the memory, in bytes, and numbers; each .wat file says which. */
interface Kernels {
  multiply(row: number, rows: number, rowBytes: number, vector: number, product: number): void;
  halveRows(
    upper: number,
    lower: number,
    pixels: number,
    red: number,
    green: number,
    blue: number,
    scale: number,
  ): void;
  warpRow(
    origin: number,
    rowBytes: number,
    x: number,
    y: number,
    stepX: number,
    stepY: number,
    leftmost: number,
    topmost: number,
    rightmost: number,
    bottommost: number,
    red: number,
    pixels: number,
    planeBytes: number,
    scale: number,
    low: number,
  ): void;
  alignRow(
    origin: number,
    rowBytes: number,
    x: number,
    y: number,
    right: number,
    down: number,
    samples: number,
    leftmost: number,
    topmost: number,
    rightmost: number,
    bottommost: number,
    out: number,
    green: number,
    blue: number,
    step: number,
    pixels: number,
    scales: number,
  ): void;
  yuvToRgb(
    luma: number,
    blueness: number,
    redness: number,
    pixels: number,
    rows: number,
    rgb: number,
    weights: number,
  ): void;
}

/** The same bytes, as three kinds of numbers. */
export interface KernelMemory {
  readonly bytes: Uint8Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
}

const PAGE_BYTES = 65_536;

const memory = new WebAssembly.Memory({ initial: 1 });
let views = viewsOf(memory.buffer);

export const kernels = {
  ...exportsOf('matrix-vector'),
  ...exportsOf('halving'),
  ...exportsOf('warp'),
  ...exportsOf('align'),
  ...exportsOf('yuv-to-rgb'),
} as Kernels;

/**
 * Where operands lie while a kernel runs; nothing stays there for the next one.
 * @param bytes needed
 * @returns views that are good until the next call
 */
export function kernelMemory(bytes: number): KernelMemory {
  const missing = bytes - views.bytes.length;
  if (missing > 0) {
    memory.grow(Math.ceil(missing / PAGE_BYTES));
    views = viewsOf(memory.buffer);
  }
  return views;
}

function viewsOf(buffer: ArrayBuffer): KernelMemory {
  return {
    bytes: new Uint8Array(buffer),
    floats: new Float32Array(buffer),
    doubles: new Float64Array(buffer),
  };
}

function exportsOf(name: string): object {
  const module = new WebAssembly.Module(readFileSync(new URL(`${name}.wasm`, import.meta.url)));
  return new WebAssembly.Instance(module, { kernels: { memory } }).exports;
}
