import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { NativeGate } from '../../src/inference/native-gate.ts';
import { until } from '../helpers/until.ts';

/** A thread that passes the gate over and over, as one that runs networks does, and counts its passes. */
function threadAtTheGate(gate: NativeGate, passes: Int32Array): Worker {
  const { href } = new URL('../../src/inference/native-gate.ts', import.meta.url);
  const program = `
    import { workerData } from 'node:worker_threads';
    import { NativeGate } from ${JSON.stringify(href)};
    const gate = new NativeGate(workerData.gate);
    for (;;) {
      await gate.passInImmediate(() => new Promise((resolve) => setImmediate(resolve)));
      Atomics.add(workerData.passes, 0, 1);
    }`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), {
    workerData: { gate: gate.buffer, passes },
  });
}

/** Whether nobody passed for a while that is long for a thread at the gate. */
async function standsStill(passes: Int32Array): Promise<boolean> {
  const before = Atomics.load(passes, 0);
  await sleep(50);
  return Atomics.load(passes, 0) === before;
}

describe('NativeGate', () => {
  it('is shut only when no call is under way', async () => {
    const gate = new NativeGate();
    const events: string[] = [];
    const call = gate.pass(async () => {
      await sleep(30);
      events.push('returned');
    });
    const shut = gate.shut().then(() => events.push('shut'));
    await Promise.all([call, shut]);
    expect(events).toEqual(['returned', 'shut']);
  });

  it('lets a call that is under way make further ones when it is shut', async () => {
    const gate = new NativeGate();
    const call = gate.pass(async () => {
      await sleep(10);
      return await gate.passInImmediate(async () => await nextTurn('inner'));
    });
    await gate.shut();
    expect(await call).toBe('inner');
  });

  it('counts a call that enters in an immediate until it returns', async () => {
    const gate = new NativeGate();
    const events: string[] = [];
    const call = gate.passInImmediate(() => sleep(30)).then(() => events.push('returned'));
    await nextTurn();
    await gate.shut().then(() => events.push('shut'));
    await call;
    expect(events).toEqual(['returned', 'shut']);
  });

  it('counts no call that failed before it came to its immediate', async () => {
    const gate = new NativeGate();
    const failing = gate.passInImmediate(() => Promise.reject(new Error('an input is missing')));
    await expect(failing).rejects.toThrow('an input is missing');
    await nextTurn();
    const startMs = performance.now();
    await gate.shut();
    expect(performance.now() - startMs).toBeLessThan(1000);
  });

  it('holds the thread back once it is shut, until it is ended', async () => {
    const gate = new NativeGate();
    const passes = new Int32Array(new SharedArrayBuffer(4));
    const thread = threadAtTheGate(gate, passes);
    await until(() => Atomics.load(passes, 0) > 10);
    await gate.shut();
    // What the last call let in before comes back to the gate meanwhile; on a busy machine its thread may have to wait for its turn.
    await until(() => standsStill(passes));
    expect(await standsStill(passes)).toBe(true);
    expect(await thread.terminate()).toBe(1);
  });
});
