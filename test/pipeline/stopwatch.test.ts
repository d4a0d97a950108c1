import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Stopwatch } from '../../src/pipeline/stopwatch.ts';

describe('Stopwatch', () => {
  it('books waiting for items apart from using them, and failed work like successful work', async () => {
    const watch = new Stopwatch();
    async function* slowItems() {
      await sleep(30);
      yield 1;
      yield 2;
    }
    for await (const _item of watch.timeEach('decode', slowItems())) await watch.time('inference', sleep(30));
    await expect(watch.time('probe', Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(watch.timeSync('tracking', () => 42)).toBe(42);
    const { decodeMs, inferenceMs } = watch.durations();
    expect(decodeMs).toBeGreaterThanOrEqual(25);
    expect(inferenceMs).toBeGreaterThanOrEqual(50);
    expect(inferenceMs).toBeGreaterThan(decodeMs);
  });
});
