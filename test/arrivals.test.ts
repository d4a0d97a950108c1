import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { expectArrivals, loseTheRest, markArrived, untilArrived } from '../src/arrivals.ts';

const PARTS = [
  { start: 100, end: 200 },
  { start: 200, end: 300 },
  { start: 500, end: 600 },
] as const;

/** Resolves to 'waits' when nothing else comes in the meantime. */
async function soon<T>(promise: Promise<T>): Promise<T | 'waits'> {
  return await Promise.race([promise, new Promise<'waits'>((resolve) => setTimeout(resolve, 20, 'waits'))]);
}

describe('parts that arrive', () => {
  it('are waited for only by who reads them', async () => {
    const arrivals = expectArrivals(PARTS);
    expect(await soon(untilArrived(arrivals, { start: 0, end: 100 }))).toBe(true);
    expect(await soon(untilArrived(arrivals, { start: 300, end: 500 }))).toBe(true);
    expect(await soon(untilArrived(arrivals, { start: 600, end: 900 }))).toBe(true);
    expect(await soon(untilArrived(arrivals, { start: 0, end: 101 }))).toBe('waits');
    expect(await soon(untilArrived(arrivals, { start: 599, end: 600 }))).toBe('waits');
  });

  it('are waited for until the last one is there, in whatever order they come', async () => {
    const arrivals = expectArrivals(PARTS);
    const both = untilArrived(arrivals, { start: 150, end: 250 });
    markArrived(arrivals, PARTS[1]);
    expect(await soon(both)).toBe('waits');
    markArrived(arrivals, PARTS[0]);
    expect(await both).toBe(true);
  });

  it('are not waited for once they are lost, and stay where they have come', async () => {
    const arrivals = expectArrivals(PARTS);
    const third = untilArrived(arrivals, { start: 550, end: 560 });
    markArrived(arrivals, PARTS[0]);
    loseTheRest(arrivals);
    expect(await third).toBe(false);
    expect(await untilArrived(arrivals, { start: 100, end: 200 })).toBe(true);
    expect(await untilArrived(arrivals, { start: 100, end: 201 })).toBe(false);
  });

  it('wake another thread that has nothing else to do but live', async () => {
    const arrivals = expectArrivals(PARTS);
    const program = `
      const { parentPort, workerData } = require('node:worker_threads');
      parentPort.on('message', () => {});
      import(${JSON.stringify(new URL('../src/arrivals.ts', import.meta.url).href)}).then(async ({ untilArrived }) => {
        parentPort.postMessage('waits');
        parentPort.postMessage(await untilArrived(workerData, { start: 550, end: 560 }));
      });`;
    const thread = new Worker(program, { eval: true, workerData: arrivals });
    try {
      expect(await once(thread, 'message')).toEqual(['waits']);
      const answer = once(thread, 'message');
      expect(await soon(answer)).toBe('waits');
      markArrived(arrivals, PARTS[2]);
      expect(await answer).toEqual([true]);
    } finally {
      await thread.terminate();
    }
  });
});
