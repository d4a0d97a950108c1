import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Stopwatch } from '../../src/pipeline/stopwatch.ts';

describe('Stopwatch', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('books waiting for items apart from using them, and failed work like successful work', async () => {
    let nowMs = 1000;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    /** Work that takes so long by that clock. */
    const lasting = async (durationMs: number) => {
      await Promise.resolve();
      nowMs += durationMs;
    };
    const watch = new Stopwatch();
    async function* slowItems() {
      await lasting(30);
      yield 1;
      yield 2;
      await lasting(3);
    }
    for await (const _item of watch.timeEach('decode', slowItems())) {
      await watch.time('inference', lasting(50));
      await lasting(700);
    }
    const failing = lasting(7).then(() => Promise.reject(new Error('no')));
    await expect(watch.time('probe', failing)).rejects.toThrow('no');
    const work = () => {
      nowMs += 11;
      return 42;
    };
    expect(watch.timeSync('tracking', work)).toBe(42);
    expect(watch.durations()).toEqual({ probeMs: 7, decodeMs: 33, inferenceMs: 100, trackingMs: 11 });
  });
});
