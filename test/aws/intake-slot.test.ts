import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { IntakeSlot } from '../../src/aws/intake-slot.ts';
import type { ReceivedMessage } from '../../src/worker/ports.ts';

/** A message that notes what becomes of it. */
function message(receiveCount = 1): { message: ReceivedMessage; fate: string[] } {
  const fate: string[] = [];
  return {
    fate,
    message: {
      messageId: 'm-1',
      receiptHandle: 'r-1',
      body: '{}',
      receiveCount,
      maxReceiveCount: 3,
      sentAtMs: 0,
      receivedAtMs: 0,
      changeVisibility: async (seconds) => void fate.push(`visible after ${seconds} s`),
      delete: async () => void fate.push('deleted'),
      resend: async () => void fate.push('sent again'),
    },
  };
}

describe('a slot of the intake', () => {
  it('works on a message, and cannot be borrowed meanwhile', async () => {
    const end = Promise.withResolvers<void>();
    const handled: string[] = [];
    const slot = new IntakeSlot(async ({ messageId }) => {
      handled.push(messageId);
      await end.promise;
    });
    await slot.beforeReceive();
    slot.afterReceive();
    const working = slot.handle(message().message);
    expect(await slot.borrow()).toBeNull();
    end.resolve();
    await working;
    expect(handled).toEqual(['m-1']);
  });

  it('cannot be borrowed while nothing is received, or when a message comes in time', async () => {
    const slot = new IntakeSlot(async () => {});
    expect(await slot.borrow()).toBeNull();
    await slot.beforeReceive();
    const asked = slot.borrow();
    // As long as an answer may be on its way.
    await sleep(50);
    slot.afterReceive();
    expect(await asked).toBeNull();
  });

  it('can be borrowed between two receives of nothing', async () => {
    const slot = new IntakeSlot(async () => {});
    await slot.beforeReceive();
    slot.afterReceive();
    const asked = slot.borrow();
    await slot.beforeReceive();
    expect(await asked).not.toBeNull();
  });

  it('receives nothing while it is borrowed, and is borrowed once', async () => {
    const slot = new IntakeSlot(async () => {});
    await slot.beforeReceive();
    const [first, second] = await Promise.all([slot.borrow(), slot.borrow()]);
    expect([first, second].filter((giveBack) => giveBack !== null)).toHaveLength(1);
    slot.afterReceive();
    let receives = false;
    const next = slot.beforeReceive().then(() => {
      receives = true;
    });
    await sleep(1);
    expect(receives).toBe(false);
    (first ?? second)?.();
    await next;
    expect(receives).toBe(true);
  });

  it('returns a message that comes while it is borrowed, unworked', async () => {
    const handled: unknown[] = [];
    const slot = new IntakeSlot(async (received) => void handled.push(received));
    await slot.beforeReceive();
    const giveBack = await slot.borrow();
    const [early, last] = [message(1), message(3)];
    await slot.handle(early.message);
    await slot.handle(last.message);
    expect(early.fate).toEqual(['visible after 0 s']);
    expect(last.fate).toEqual(['sent again']);
    expect(handled).toEqual([]);
    giveBack?.();
    await slot.handle(early.message);
    expect(handled).toHaveLength(1);
  });
});
