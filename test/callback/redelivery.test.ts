import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { AttemptCallback } from '../../src/callback/callback-attempt.ts';
import { encodeDelivery } from '../../src/callback/delivery-message.ts';
import { Redelivery } from '../../src/callback/redelivery.ts';
import { QUEUE_ATTEMPTS } from '../../src/callback/retry-schedule.ts';
import { detectionEvent } from '../../src/contract/callback.ts';
import { failedResult } from '../../src/contract/result.ts';
import { WorkerError } from '../../src/errors.ts';
import type { ReceivedMessage } from '../../src/worker/ports.ts';

const FAILURE = failedResult('job-1', { code: 'VIDEO_CORRUPT', message: 'cut short: upload it again' });
const EVENT = detectionEvent(FAILURE, { bucket: 'media', key: 'detections/job-1.json' }, new Date());
const BODY = encodeDelivery({ url: 'https://example.com/hook', eventId: 'evt_1', event: EVENT });

/** What was done with the messages: `hidden 0`, `deleted`, `sent again`. */
function receives(maxReceiveCount: number | null, settled: string[]) {
  return (receiveCount: number): ReceivedMessage => ({
    messageId: 'message-1',
    receiptHandle: 'handle',
    body: BODY,
    receiveCount,
    maxReceiveCount,
    sentAtMs: 0,
    receivedAtMs: 0,
    changeVisibility: async (seconds) => void settled.push(`hidden ${seconds}`),
    delete: async () => void settled.push('deleted'),
    resend: async () => void settled.push('sent again'),
  });
}

/** A redelivery and the errors it logs. */
function redeliveryWith(attempt: AttemptCallback): { redelivery: Redelivery; errors: string[] } {
  const errors: string[] = [];
  const write = (line: string) => void errors.push((JSON.parse(line) as { msg: string }).msg);
  return { redelivery: new Redelivery({ attempt, logger: pino({ level: 'error' }, { write }) }), errors };
}

describe('a delivery whose receiver never takes it', () => {
  it.each([
    ['as many receives as there are attempts', QUEUE_ATTEMPTS, QUEUE_ATTEMPTS],
    ['more', 2 * QUEUE_ATTEMPTS, QUEUE_ATTEMPTS],
    ['fewer', 5, 5],
  ])(
    'on a queue that allows %s is given up once, and then left to the queue',
    async (_name, max, attempts) => {
      let made = 0;
      const { redelivery, errors } = redeliveryWith(async () => {
        made += 1;
        return { name: 'failed', reason: 'it answered HTTP 503', retryAfterSeconds: null };
      });
      const settled: string[] = [];
      const received = receives(max, settled);
      for (let receive = 1; receive <= max; receive++) {
        await redelivery.run(received(receive), new AbortController().signal);
      }
      expect(made).toBe(attempts);
      expect(errors).toEqual(['callback given up; the dead-letter queue gets it']);
      expect(settled.slice(0, attempts - 1)).not.toContain('hidden 0');
      expect(new Set(settled.slice(attempts - 1))).toEqual(new Set(['hidden 0']));
    },
  );

  it('on a queue without dead letters is deleted', async () => {
    const settled: string[] = [];
    const { redelivery, errors } = redeliveryWith(async () => {
      return { name: 'failed', reason: 'it answered HTTP 503', retryAfterSeconds: null };
    });
    const received = receives(Number.POSITIVE_INFINITY, settled);
    await redelivery.run(received(QUEUE_ATTEMPTS), new AbortController().signal);
    expect(settled).toEqual(['deleted']);
    expect(errors).toEqual([expect.stringContaining('it is lost')]);
  });

  it('on a queue that does not tell whether it has dead letters is left to it, and never deleted', async () => {
    let made = 0;
    const { redelivery, errors } = redeliveryWith(async () => {
      made += 1;
      return { name: 'failed', reason: 'it answered HTTP 503', retryAfterSeconds: null };
    });
    const settled: string[] = [];
    const received = receives(null, settled);
    for (const receive of [QUEUE_ATTEMPTS, QUEUE_ATTEMPTS + 1, 999, 1000, 1001]) {
      await redelivery.run(received(receive), new AbortController().signal);
    }
    expect(made).toBe(1);
    expect(errors).toEqual([expect.stringContaining('where the callback queue has one')]);
    // No redrive policy allows more than 1000 receives: after them it would go round for nothing.
    expect(settled).toEqual(['hidden 0', 'hidden 0', 'hidden 0', 'hidden 42900', 'hidden 42900']);
  });
});

describe('a delivery whose attempt is cut short by a stop', () => {
  it.each([
    ['is visible again at once', 1, 'hidden 0'],
    ['is sent again where it has no receive left', QUEUE_ATTEMPTS, 'sent again'],
  ])('%s', async (_name, receiveCount, expected) => {
    const stop = new AbortController();
    const { redelivery, errors } = redeliveryWith(async () => {
      stop.abort(new WorkerError('SHUTTING_DOWN', 'stopping'));
      throw stop.signal.reason;
    });
    const settled: string[] = [];
    await redelivery.run(receives(QUEUE_ATTEMPTS, settled)(receiveCount), stop.signal);
    expect(settled).toEqual([expected]);
    expect(errors).toEqual([]);
  });
});
