import { describe, expect, it } from '@jest/globals';
import { WorkerError } from '../../src/errors.ts';
import { withDeadline } from '../../src/worker/deadline.ts';

const NEVER = new AbortController().signal;

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('some error the abort provoked')), {
      once: true,
    });
  });
}

describe('withDeadline', () => {
  it('passes a value and an error on', async () => {
    expect(await withDeadline(1000, NEVER, async () => 42)).toBe(42);
    const failing = withDeadline(1000, NEVER, async () => {
      throw new Error('its own');
    });
    await expect(failing).rejects.toThrow('its own');
  });

  it('aborts the work when the time is over and says which setting allows more', async () => {
    const late = withDeadline(20, NEVER, untilAborted);
    await expect(late).rejects.toMatchObject({
      code: 'JOB_DEADLINE_EXCEEDED',
      message: expect.stringContaining('JOB_TIMEOUT_SECONDS'),
    });
  });

  it('reports the first reason to stop', async () => {
    const controller = new AbortController();
    const reason = new WorkerError('LEASE_LOST', 'gone');
    const work = withDeadline(60_000, controller.signal, untilAborted);
    controller.abort(reason);
    await expect(work).rejects.toBe(reason);
  });
});
