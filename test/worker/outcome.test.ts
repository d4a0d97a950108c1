import { describe, expect, it } from '@jest/globals';
import { type ErrorCode, WorkerError } from '../../src/errors.ts';
import { decideOutcome, messageFate, type Outcome, RETRY_BACK_OFF } from '../../src/worker/outcome.ts';

const FIRST = { receiveCount: 1, maxReceiveCount: 5 };
const LAST = { receiveCount: 5, maxReceiveCount: 5 };

function outcomeOf(code: ErrorCode, attempt = FIRST, random = () => 0): Outcome {
  return decideOutcome(new WorkerError(code, 'a reason'), attempt, { random });
}

describe('decideOutcome', () => {
  it.each([
    ['VIDEO_NOT_FOUND', 'failed'],
    ['JOB_INVALID', 'failed'],
    ['JOB_DEADLINE_EXCEEDED', 'failed'],
    ['STORAGE_UNAVAILABLE', 'retry'],
    ['INTERNAL', 'retry'],
    ['CALLBACK_FAILED', 'retry'],
    ['MODEL_INVALID', 'retry'],
    ['LEASE_LOST', 'released'],
    ['SHUTTING_DOWN', 'released'],
    ['MESSAGE_UNREADABLE', 'unreadable'],
  ] as const)('ends %s as %s', (code, name) => {
    expect(outcomeOf(code)).toMatchObject({ name, error: { code } });
  });

  it('exhausts only what would be tried again, and only at the last receive', () => {
    expect(outcomeOf('STORAGE_UNAVAILABLE', LAST).name).toBe('exhausted');
    expect(outcomeOf('STORAGE_UNAVAILABLE', { receiveCount: 9, maxReceiveCount: 5 }).name).toBe('exhausted');
    expect(outcomeOf('VIDEO_CORRUPT', LAST).name).toBe('failed');
    expect(outcomeOf('SHUTTING_DOWN', LAST).name).toBe('released');
    expect(outcomeOf('MESSAGE_UNREADABLE', LAST).name).toBe('unreadable');
  });

  it('never exhausts on a queue without a redrive policy, or with one that is not known', () => {
    const attempt = { receiveCount: 1000, maxReceiveCount: Number.POSITIVE_INFINITY };
    expect(outcomeOf('STORAGE_UNAVAILABLE', attempt).name).toBe('retry');
    const unknown = { ...attempt, maxReceiveCount: null };
    expect(decideOutcome(new WorkerError('STORAGE_UNAVAILABLE', 'a reason'), unknown).name).toBe('retry');
  });

  it('waits longer from receive to receive, up to a limit, and never less than a second', () => {
    const waits = [1, 2, 3, 20].map((receiveCount) => {
      const outcome = outcomeOf('STORAGE_UNAVAILABLE', { receiveCount, maxReceiveCount: 100 });
      return outcome.name === 'retry' ? outcome.delaySeconds : Number.NaN;
    });
    expect(waits).toEqual([20, 40, 80, RETRY_BACK_OFF.maxMs / 1000]);
    expect(outcomeOf('STORAGE_UNAVAILABLE', FIRST, () => 0.9999)).toMatchObject({ delaySeconds: 1 });
  });
});

describe('a retry', () => {
  it('waits for as long as its error asks, if that is longer than its back-off', () => {
    const waits = [3600, 5, null].map((retryAfterSeconds) => {
      const error = new WorkerError('CALLBACK_FAILED', 'a reason', { retryAfterSeconds });
      return decideOutcome(error, FIRST, { random: () => 0 });
    });
    expect(waits).toMatchObject([{ delaySeconds: 3600 }, { delaySeconds: 20 }, { delaySeconds: 20 }]);
  });
});

describe('messageFate', () => {
  const error = new WorkerError('INTERNAL', 'a reason');

  it('deletes what is done, returns what is not, and leaves what nobody can read', () => {
    expect(messageFate({ name: 'completed' }, FIRST)).toBe('delete');
    expect(messageFate({ name: 'failed', error }, FIRST)).toBe('delete');
    expect(messageFate({ name: 'retry', error, delaySeconds: 7 }, FIRST)).toEqual({ visibleAfterSeconds: 7 });
    expect(messageFate({ name: 'exhausted', error }, LAST)).toEqual({ visibleAfterSeconds: 0 });
    expect(messageFate({ name: 'released', error }, FIRST)).toEqual({ visibleAfterSeconds: 0 });
    expect(messageFate({ name: 'unreadable', error }, FIRST)).toBe('leave');
  });

  it('replaces a message by a fresh copy that was interrupted at its last receive, or whose end could not be noted', () => {
    expect(messageFate({ name: 'released', error }, LAST)).toBe('resend');
    expect(messageFate({ name: 'released', error }, FIRST, { endMissing: true })).toBe('resend');
    const retry: Outcome = { name: 'retry', error, delaySeconds: 7 };
    expect(messageFate(retry, FIRST, { endMissing: true })).toEqual({ visibleAfterSeconds: 15 });
    expect(messageFate({ ...retry, delaySeconds: 90 }, FIRST, { endMissing: true })).toEqual({
      visibleAfterSeconds: 90,
    });
  });
});
