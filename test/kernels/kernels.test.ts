import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { kernelMemory } from '../../src/kernels/kernels.ts';
import { assemble } from '../../tools/wasm/assemble.ts';

it('are assembled from their text', async () => {
  const assembled = await assemble();
  expect(assembled).toHaveLength(5);
  for (const { file, bytes } of assembled) {
    expect([file, Buffer.compare(await readFile(file), bytes)]).toEqual([file, 0]);
  }
});

it('have a memory that grows with what is asked for', () => {
  const { bytes, floats, doubles } = kernelMemory(1_000_000);
  expect(bytes.length).toBeGreaterThanOrEqual(1_000_000);
  doubles[0] = 1;
  expect(bytes.subarray(0, 8)).toEqual(new Uint8Array(Float64Array.of(1).buffer));
  expect(floats.buffer).toBe(bytes.buffer);
  expect(kernelMemory(1).bytes).toBe(bytes);
});
