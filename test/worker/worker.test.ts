import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import type { JobIntake, ReceivedMessage } from '../../src/worker/ports.ts';
import { Worker } from '../../src/worker/worker.ts';
import { until } from '../helpers/until.ts';

/** An intake whose messages the test hands in, and messages that note what happens to them. */
function scene() {
  const events: string[] = [];
  let handler: (message: ReceivedMessage) => Promise<void> = async () => {};
  const intake: JobIntake = {
    problem: null,
    start(handle) {
      handler = handle;
    },
    stop: () => void events.push('receiving stopped'),
    lendSlot: async () => () => events.push('slot given back'),
  };
  const message = (messageId: string): ReceivedMessage => ({
    messageId,
    receiptHandle: messageId,
    body: '',
    receiveCount: 1,
    maxReceiveCount: 3,
    sentAtMs: 0,
    receivedAtMs: 0,
    changeVisibility: async (seconds) => void events.push(`${messageId} visible in ${seconds} s`),
    delete: async () => void events.push(`${messageId} deleted`),
    resend: async () => void events.push(`${messageId} sent again`),
  });
  const receive = (messageId: string, more: Partial<ReceivedMessage> = {}) =>
    handler({ ...message(messageId), ...more });
  return { events, intake, receive };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Runs jobs that give their slot back at once and end with the promise. */
function needingNoSlot(ends: Promise<void>) {
  return {
    run: async (_message: ReceivedMessage, _shutdown: AbortSignal, releaseSlot: () => void) => {
      releaseSlot();
      await ends;
    },
  };
}

describe('Worker', () => {
  it('tells how many jobs are under way, and why none would be taken', async () => {
    const { intake, receive } = scene();
    const counts: number[] = [];
    const ends = Promise.withResolvers<void>();
    const runner = { run: () => ends.promise };
    const worker = new Worker({ intake, runner, onRunningJobs: (jobs) => counts.push(jobs) });
    expect(worker.problems).toEqual(['not started yet']);
    worker.start();
    expect(worker.problems).toEqual([]);
    const job = receive('one');
    expect(worker.running).toBe(1);
    ends.resolve();
    await job;
    expect(worker.running).toBe(0);
    expect(counts).toEqual([1, 0]);
    await worker.stop(0);
    expect(worker.problems).toEqual(['shutting down']);
  });

  it('tells what it depends on and cannot use, each once and whatever the slots are doing', async () => {
    const { intake, receive } = scene();
    const queue = { problem: null as string | null };
    const storage = { problem: null as string | null };
    const runner = { run: () => new Promise(() => {}) };
    const worker = new Worker({
      intake: { ...intake, problem: 'S3 cannot be used' },
      runner,
      dependencies: [queue, storage],
    });
    worker.start();
    expect(worker.problems).toEqual(['S3 cannot be used']);
    void receive('busy');
    queue.problem = 'the queue cannot be used';
    storage.problem = 'S3 cannot be used';
    expect(worker.problems).toEqual(['S3 cannot be used', 'the queue cannot be used']);
    await worker.stop(0, 0);
  });

  it('stops receiving first, lets jobs end in their grace, and only then aborts the others', async () => {
    const { events, intake, receive } = scene();
    const worker = new Worker({
      intake,
      runner: {
        async run({ messageId }, shutdown) {
          if (messageId === 'quick') await sleep(20);
          else await untilAborted(shutdown);
          events.push(`${messageId} ended${shutdown.aborted ? ` by ${shutdown.reason.code}` : ''}`);
        },
      },
    });
    worker.start();
    const jobs = [receive('quick'), receive('slow')];
    await worker.stop(200);
    await Promise.all(jobs);
    expect(events).toEqual(['receiving stopped', 'quick ended', 'slow ended by SHUTTING_DOWN']);
  });

  it('gives a message back at once that arrives after the stop', async () => {
    const { events, intake, receive } = scene();
    const worker = new Worker({ intake, runner: { run: async () => void events.push('run') } });
    worker.start();
    await worker.stop(0);
    await receive('late');
    expect(events).toEqual(['receiving stopped', 'late visible in 0 s']);
  });

  it('stops only when a message that arrives meanwhile has been given back', async () => {
    const { intake, receive } = scene();
    const ends = Promise.withResolvers<void>();
    const worker = new Worker({ intake, runner: { run: () => ends.promise } });
    worker.start();
    void receive('running');
    const stopped = worker.stop(5000);
    let isGivenBack = false;
    const changeVisibility = async () => {
      await sleep(50);
      isGivenBack = true;
    };
    void receive('late', { changeVisibility });
    ends.resolve();
    await stopped;
    expect(isGivenBack).toBe(true);
  });

  it('does not start once it was stopped', async () => {
    const { intake } = scene();
    const start = jest.spyOn(intake, 'start');
    const worker = new Worker({ intake, runner: { run: async () => {} } });
    await worker.stop(0);
    worker.start();
    expect(start).not.toHaveBeenCalled();
    expect(worker.problems).toEqual(['shutting down']);
  });

  it('does not wait for ever for a job that ignores its abort', async () => {
    const { intake, receive } = scene();
    const worker = new Worker({ intake, runner: { run: () => new Promise(() => {}) } });
    worker.start();
    void receive('deaf');
    await worker.stop(0, 20);
    expect(worker.running).toBe(1);
  });

  it('takes the next message as soon as a job needs its slot no more', async () => {
    const { intake, receive } = scene();
    const ends = Promise.withResolvers<void>();
    const worker = new Worker({ intake, runner: needingNoSlot(ends.promise) });
    worker.start();
    await receive('calling back');
    expect(worker.running).toBe(1);
    ends.resolve();
    await until(() => worker.running === 0);
  });

  it('lets no more than 64 jobs end without a slot, however long their callbacks take', async () => {
    const { intake, receive } = scene();
    const ends = Promise.withResolvers<void>();
    const worker = new Worker({ intake, runner: needingNoSlot(ends.promise) });
    worker.start();
    for (let job = 0; job < 64; job++) await receive(`${job}`);
    let isSlotFree = false;
    const last = receive('one too many').then(() => {
      isSlotFree = true;
    });
    await sleep(5);
    expect({ isSlotFree, running: worker.running }).toEqual({ isSlotFree: false, running: 65 });
    ends.resolve();
    await last;
    await receive('as before');
  });

  it('runs a job from elsewhere in a lent slot, and stops it at shutdown', async () => {
    const { events, intake } = scene();
    const worker = new Worker({ intake, runner: { run: async () => {} } });
    const never = new AbortController().signal;
    expect(await worker.runInLentSlot(async () => 'too early', never)).toBeNull();
    worker.start();
    expect(await worker.runInLentSlot(async () => 'done', never)).toBe('done');
    const stopped = worker.runInLentSlot(async (stop) => {
      await untilAborted(stop);
      return stop.reason.code as string;
    }, never);
    await until(() => worker.running === 1);
    await worker.stop(0);
    expect(await stopped).toBe('SHUTTING_DOWN');
    expect(events).toEqual(['slot given back', 'receiving stopped', 'slot given back']);
  });
});
