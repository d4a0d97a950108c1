import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { WorkerError } from '../../src/errors.ts';
import { hidableSeconds, holdLease, MAX_HOLD_SECONDS } from '../../src/worker/lease.ts';
import { until } from '../helpers/until.ts';

/** Of a lease that is to be lost. */
const TIMEOUT_SECONDS = 0.9;
/** Of a lease that is to be kept, on a busy machine as well: half of it may pass in a stall. */
const KEPT_TIMEOUT_SECONDS = 3;

type Renew = (seconds: number, signal: AbortSignal) => Promise<void>;

function message(changeVisibility: Renew, receivedAtMs = performance.now()) {
  return { changeVisibility, receivedAtMs };
}

function aborted(signal: AbortSignal): Promise<WorkerError> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(signal.reason as WorkerError), { once: true });
  });
}

describe('hidableSeconds', () => {
  it('is what is left of the twelve hours since the receive, and never negative', () => {
    const received = (secondsAgo: number) => ({ receivedAtMs: performance.now() - secondsAgo * 1000 });
    expect(hidableSeconds(received(0))).toBeLessThan(MAX_HOLD_SECONDS);
    expect(hidableSeconds(received(0))).toBeGreaterThan(MAX_HOLD_SECONDS - 100);
    expect(hidableSeconds(received(40_000))).toBeLessThan(3200);
    expect(hidableSeconds(received(MAX_HOLD_SECONDS + 5))).toBe(0);
  });
});

describe('holdLease', () => {
  it('renews the message well before its timeout ends, again and again, until it is settled', async () => {
    const renewals: number[] = [];
    const lease = holdLease(
      message(async (seconds) => {
        renewals.push(seconds);
      }),
      KEPT_TIMEOUT_SECONDS,
    );
    await until(() => renewals.length >= 2);
    expect(await lease.settle()).toBe(true);
    expect(new Set(renewals)).toEqual(new Set([KEPT_TIMEOUT_SECONDS]));
    const renewalsAtSettle = renewals.length;
    await sleep((1000 * KEPT_TIMEOUT_SECONDS) / 2);
    expect(renewals).toHaveLength(renewalsAtSettle);
  });

  it('tells how late each renewal began', async () => {
    const lateness: number[] = [];
    const renewed = Promise.withResolvers<void>();
    const lease = holdLease(
      message(async () => renewed.resolve()),
      KEPT_TIMEOUT_SECONDS,
      (lateMs) => lateness.push(lateMs),
    );
    await renewed.promise;
    await lease.settle();
    expect(lateness).toHaveLength(1);
    expect(lateness[0]).toBeGreaterThan(-5);
  });

  it('is lost at once when the queue says that the message is no longer ours', async () => {
    const reason = new WorkerError('LEASE_LOST', 'the receipt handle is invalid');
    const lease = holdLease(
      message(async () => {
        throw reason;
      }),
      TIMEOUT_SECONDS,
    );
    expect(await aborted(lease.signal)).toBe(reason);
    expect(await lease.settle()).toBe(false);
  });

  it('survives a renewal that fails once', async () => {
    let calls = 0;
    const lease = holdLease(
      message(async () => {
        calls += 1;
        if (calls === 1) throw new WorkerError('QUEUE_UNAVAILABLE', 'a bad moment');
      }),
      KEPT_TIMEOUT_SECONDS,
    );
    await until(() => calls > 1);
    expect(await lease.settle()).toBe(true);
  });

  it('is lost before its timeout ends when renewals keep failing', async () => {
    let hasEnded = false;
    setTimeout(() => {
      hasEnded = true;
    }, TIMEOUT_SECONDS * 1000);
    const cause = new WorkerError('QUEUE_UNAVAILABLE', 'down');
    const lease = holdLease(
      message(async () => {
        throw cause;
      }),
      TIMEOUT_SECONDS,
    );
    const reason = await aborted(lease.signal);
    expect(reason).toMatchObject({ code: 'LEASE_LOST', cause });
    expect(hasEnded).toBe(false);
  });

  it('is lost before its timeout ends when a renewal hangs', async () => {
    const lease = holdLease(
      message(
        (_seconds, signal) =>
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ),
      TIMEOUT_SECONDS,
    );
    expect(await aborted(lease.signal)).toMatchObject({ code: 'LEASE_LOST' });
  });

  it('is lost without a renewal when its time ran out while nobody looked', async () => {
    let calls = 0;
    const longAgo = performance.now() - 1000 * TIMEOUT_SECONDS;
    const lease = holdLease(
      message(async () => {
        calls += 1;
      }, longAgo),
      TIMEOUT_SECONDS,
    );
    expect(await aborted(lease.signal)).toMatchObject({ code: 'LEASE_LOST' });
    expect(calls).toBe(0);
  });

  it('waits for a renewal under way when it settles, so that none lands afterwards', async () => {
    const events: string[] = [];
    const lease = holdLease(
      message(async () => {
        events.push('renewal sent');
        await sleep(60);
        events.push('renewal done');
      }),
      KEPT_TIMEOUT_SECONDS,
    );
    await until(() => events.length > 0);
    expect(await lease.settle()).toBe(true);
    events.push('settled');
    expect(events).toEqual(['renewal sent', 'renewal done', 'settled']);
  });

  it('never asks for more than the twelve hours a message can be held', async () => {
    const almostTwelveHoursAgo = performance.now() - (43_200 - 100) * 1000;
    const asked: number[] = [];
    const lease = holdLease(
      message(async (seconds) => {
        asked.push(seconds);
      }, almostTwelveHoursAgo),
      43_200,
    );
    await until(() => asked.length > 0);
    await lease.settle();
    expect(asked[0]).toBeLessThanOrEqual(100);
  });
});
