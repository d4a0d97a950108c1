import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { openTogether, orClose } from '../../src/inference/open-together.ts';

describe('networks that are opened together', () => {
  it('are given in their order', async () => {
    const one = { name: 'one', close: async () => undefined };
    const two = { name: 'two', close: async () => undefined };
    expect(await openTogether([sleep(5).then(() => one), Promise.resolve(two)])).toEqual([one, two]);
  });

  it('are all open and closed again before the failure of one is told', async () => {
    const events: string[] = [];
    const close = async () => {
      await sleep(1);
      events.push('closed');
    };
    const slow = sleep(20).then(() => {
      events.push('opened');
      return { close };
    });
    await expect(
      openTogether([Promise.reject(new Error('another task’s network')), slow, Promise.resolve({ close })]),
    ).rejects.toThrow('another task’s network');
    expect(events).toEqual(['opened', 'closed', 'closed']);
  });

  it('are closed before it is told that what is made of them has failed', async () => {
    const events: string[] = [];
    const close = async () => {
      await sleep(1);
      events.push('closed');
    };
    const failing = orClose([{ close }, { close }], () => Promise.reject(new Error('gives no faces')));
    await expect(failing).rejects.toThrow('gives no faces');
    expect(events).toEqual(['closed', 'closed']);
    expect(await orClose([{ close }], async () => 'made')).toBe('made');
    expect(events).toHaveLength(2);
  });
});
