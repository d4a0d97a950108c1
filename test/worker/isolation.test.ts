import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { WorkerError } from '../../src/errors.ts';
import { Isolation } from '../../src/worker/isolation.ts';

const NEVER = new AbortController().signal;

/** Tasks that note when they begin, and go on until they are told to end. */
function scene() {
  const isolation = new Isolation();
  const begun: string[] = [];
  const start = (kind: 'alone' | 'beside', name: string, signal = NEVER) => {
    const end = Promise.withResolvers<void>();
    const task = async () => {
      begun.push(name);
      await end.promise;
      return name;
    };
    return { end: end.resolve, fail: end.reject, ended: isolation[kind](task, signal) };
  };
  return { isolation, begun, start };
}

describe('Isolation', () => {
  it('lets tasks run beside each other', async () => {
    const { begun, start } = scene();
    const tasks = ['a', 'b', 'c'].map((name) => start('beside', name));
    await setImmediate();
    expect(begun).toEqual(['a', 'b', 'c']);
    for (const { end } of tasks) end();
    expect(await Promise.all(tasks.map(({ ended }) => ended))).toEqual(['a', 'b', 'c']);
  });

  it('lets one be alone once those before it have ended, and is left by it to all behind it', async () => {
    const { begun, start } = scene();
    const before = [start('beside', 'a'), start('beside', 'b')];
    const suspect = start('alone', 'suspect');
    const behind = [start('beside', 'c'), start('beside', 'd')];
    await setImmediate();
    expect(begun).toEqual(['a', 'b']);
    before[0]?.end();
    await setImmediate();
    expect(begun).toEqual(['a', 'b']);
    before[1]?.end();
    await setImmediate();
    expect(begun).toEqual(['a', 'b', 'suspect']);
    suspect.end();
    expect(await suspect.ended).toBe('suspect');
    await setImmediate();
    expect(begun).toEqual(['a', 'b', 'suspect', 'c', 'd']);
    for (const { end } of behind) end();
  });

  it('lets those that must be alone follow each other, also when one fails', async () => {
    const { begun, start } = scene();
    const first = start('alone', 'first');
    const second = start('alone', 'second');
    await setImmediate();
    expect(begun).toEqual(['first']);
    first.fail(new Error('failed'));
    await expect(first.ended).rejects.toThrow('failed');
    await setImmediate();
    expect(begun).toEqual(['first', 'second']);
    second.end();
    await second.ended;
  });

  it('is not held up by one that has stopped waiting', async () => {
    const { begun, start } = scene();
    const running = start('beside', 'running');
    const impatient = new AbortController();
    const left = start('alone', 'left', impatient.signal);
    const behind = start('beside', 'behind');
    await setImmediate();
    expect(begun).toEqual(['running']);
    const reason = new WorkerError('SHUTTING_DOWN', 'left');
    impatient.abort(reason);
    await expect(left.ended).rejects.toBe(reason);
    await setImmediate();
    expect(begun).toEqual(['running', 'behind']);
    for (const { end } of [running, behind]) end();
  });

  it('lets nobody in whose signal has ended, and leaves the signal of those inside to them', async () => {
    const { isolation, begun, start } = scene();
    const reason = new WorkerError('LEASE_LOST', 'gone');
    await expect(start('alone', 'never', AbortSignal.abort(reason)).ended).rejects.toBe(reason);
    const controller = new AbortController();
    const inside = start('alone', 'inside', controller.signal);
    await setImmediate();
    controller.abort(reason);
    const behind = isolation.beside(async () => begun.push('behind'), NEVER);
    await setImmediate();
    expect(begun).toEqual(['inside']);
    inside.end();
    expect(await inside.ended).toBe('inside');
    await behind;
  });
});
