import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createSqsClient } from '../../src/aws/clients.ts';
import { SqsIntake, type SqsIntakeOptions } from '../../src/aws/sqs-intake.ts';
import type { ReceivedMessage } from '../../src/worker/ports.ts';
import {
  createQueue,
  queueDepth,
  REGION,
  receive,
  sendMessage,
  startCloud,
  type TestCloud,
} from '../helpers/cloud.ts';
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts';
import { SILENT } from '../helpers/test-worker.ts';
import { until } from '../helpers/until.ts';

describe('SqsIntake', () => {
  let cloud: TestCloud;
  let proxy: FaultProxy;
  let sqs: SQSClient;
  const intakes: SqsIntake[] = [];
  const signal = new AbortController().signal;

  beforeAll(async () => {
    cloud = await startCloud();
    proxy = await startFaultProxy(cloud.endpoint);
    sqs = createSqsClient({ region: REGION, endpointUrl: proxy.endpoint });
  });

  afterEach(() => {
    proxy.rule = () => null;
    for (const intake of intakes.splice(0)) intake.stop();
  });

  afterAll(async () => {
    sqs.destroy();
    await proxy.stop();
    await cloud.stop();
  });

  function startIntake(
    queueUrl: string,
    handler: (message: ReceivedMessage) => Promise<void>,
    options: Partial<SqsIntakeOptions> = {},
  ): SqsIntake {
    const intake = new SqsIntake({
      sqs,
      queueUrl: queueUrl.replace(cloud.endpoint, proxy.endpoint),
      slots: 2,
      visibilityTimeoutSeconds: 30,
      longPollSeconds: 1,
      logger: SILENT,
      backOff: { baseMs: 5, maxMs: 20 },
      ...options,
    });
    intakes.push(intake);
    intake.start(handler);
    return intake;
  }

  function polls(): number {
    return proxy.seen.filter(({ operation }) => operation === 'ReceiveMessage').length;
  }

  it('hands out a message with all the worker wants to know of it', async () => {
    const queue = await createQueue(cloud, 'facts', 7);
    const messageId = await sendMessage(cloud, queue.url, 'hello');
    const received: ReceivedMessage[] = [];
    startIntake(queue.url, async (message) => {
      received.push(message);
    });
    await until(() => received.length === 1);
    const [message] = received;
    expect(message).toMatchObject({ messageId, body: 'hello', receiveCount: 1, maxReceiveCount: 7 });
    expect(Date.now() - (message?.sentAtMs ?? 0)).toBeLessThan(60_000);
  });

  it('hands out a message that keeps what its sender attached to it when it is sent again', async () => {
    const queue = await createQueue(cloud, 'attributes');
    const attached = {
      tenant: { DataType: 'String', StringValue: 'acme' },
      priority: { DataType: 'Number', StringValue: '7' },
      token: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 1, 255) },
      traceparent: { DataType: 'String', StringValue: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` },
    };
    await cloud.sqs.send(
      new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'hello', MessageAttributes: attached }),
    );
    const sentAgain = Promise.withResolvers<ReceivedMessage>();
    const intake = startIntake(queue.url, async (message) => {
      // So that it does not receive the new one.
      intake.stop();
      await message.resend(signal);
      sentAgain.resolve(message);
    });
    expect((await sentAgain.promise).trace).toEqual({ traceparent: attached.traceparent.StringValue });
    expect(await receive(cloud, queue.url, 1)).toMatchObject([
      { Body: 'hello', MessageAttributes: attached },
    ]);
  });

  it('takes no more messages than it has slots, and the next as soon as one is free', async () => {
    const queue = await createQueue(cloud, 'slots');
    for (const body of ['1', '2', '3']) await sendMessage(cloud, queue.url, body);
    const finish: (() => void)[] = [];
    startIntake(
      queue.url,
      (message) => new Promise((resolve) => finish.push(() => resolve(message.delete(signal)))),
    );
    await until(() => finish.length === 2);
    await sleep(100);
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 1, inFlight: 2 });
    finish[0]?.();
    await until(() => finish.length === 3);
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 0, inFlight: 2 });
    for (const end of finish) end();
  });

  it('knows no last receive on a queue without a redrive policy', async () => {
    const queue = await createQueue(cloud, 'no-policy');
    await sendMessage(cloud, queue.deadLetterUrl, 'hello');
    const received: ReceivedMessage[] = [];
    startIntake(queue.deadLetterUrl, async (message) => {
      received.push(message);
    });
    await until(() => received.length === 1);
    expect(received[0]?.maxReceiveCount).toBe(Number.POSITIVE_INFINITY);
  });

  it('receives also where it may not ask for the redrive policy, and knows no last receive then', async () => {
    const queue = await createQueue(cloud, 'forbidden-policy');
    await sendMessage(cloud, queue.url, 'hello');
    proxy.rule = ({ operation }) =>
      operation === 'GetQueueAttributes' ? { status: 403, code: 'AccessDenied' } : null;
    const received: ReceivedMessage[] = [];
    const lines: string[] = [];
    const logger = pino({}, { write: (line) => lines.push(line) });
    const intake = startIntake(queue.url, async (message) => void received.push(message), { logger });
    await until(() => received.length === 1);
    expect(received[0]?.maxReceiveCount).toBeNull();
    expect(intake.problem).toBeNull();
    expect(lines).toEqual([expect.stringMatching(/redrive policy of \S+forbidden-policy may not be read/)]);
  });

  it.each([
    ['server errors', { status: 500, code: 'InternalFailure' }],
    ['throttling', { status: 400, code: 'ThrottlingException' }],
    ['expired credentials', { status: 403, code: 'ExpiredToken' }],
  ])('says why it cannot receive during %s, backs off, and recovers by itself', async (name, fault) => {
    const queue = await createQueue(cloud, name.replaceAll(' ', '-'));
    await sendMessage(cloud, queue.url, 'waiting');
    proxy.rule = () => fault;
    let received = 0;
    const intake = startIntake(queue.url, async (message) => {
      received += 1;
      await message.delete(signal);
    });
    expect(intake.problem).toBe('the queue has not answered yet');
    await until(() => intake.problem?.includes(fault.code) === true);
    expect(received).toBe(0);
    proxy.rule = () => null;
    await until(() => received === 1);
    expect(intake.problem).toBeNull();
  });

  it('says so all the time an outage lasts that begins later, and asks ever more seldom', async () => {
    const queue = await createQueue(cloud, 'later-outage');
    const intake = startIntake(queue.url, async (message) => message.delete(signal), {
      slots: 1,
      backOff: { baseMs: 10, maxMs: 60_000 },
    });
    await until(() => intake.problem === null);
    proxy.rule = ({ operation }) =>
      operation === 'ReceiveMessage' ? { status: 400, code: 'AccessDenied' } : null;
    await until(() => intake.problem !== null);
    const seenBefore = proxy.seen.length;
    const endMs = performance.now() + 1500;
    while (performance.now() < endMs) {
      expect(intake.problem).toContain('AccessDenied');
      await sleep(5);
    }
    // Waits of at most 10, 20, 40, ... ms; without growth there would be hundreds.
    expect(proxy.seen.length - seenBefore).toBeLessThan(40);
  });

  it('receives nothing during a shortage, says so, and goes on when it is over', async () => {
    const queue = await createQueue(cloud, 'shortage');
    await sendMessage(cloud, queue.url, 'waiting');
    let shortage: string | null = 'less than 256 MiB free';
    let received = 0;
    const intake = startIntake(
      queue.url,
      async () => {
        received += 1;
      },
      { shortage: async () => shortage },
    );
    await until(() => intake.problem === shortage);
    shortage = null;
    await until(() => received === 1);
    expect(intake.problem).toBeNull();
  });

  it('gives a message back that comes with a long poll begun before the shortage', async () => {
    const queue = await createQueue(cloud, 'late-shortage');
    let shortage: string | null = null;
    let received = 0;
    const intake = startIntake(
      queue.url,
      async () => {
        received += 1;
      },
      { shortage: async () => shortage, longPollSeconds: 20, slots: 1 },
    );
    const pollsBefore = polls();
    await until(() => polls() > pollsBefore);
    shortage = 'less than 256 MiB of memory free';
    await sendMessage(cloud, queue.url, 'waiting');
    await until(() => intake.problem === shortage);
    expect(received).toBe(0);
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 1, inFlight: 0 });
    shortage = null;
    await until(() => received === 1);
  });

  it('aborts its long polls when stopped and receives nothing afterwards', async () => {
    const queue = await createQueue(cloud, 'stopping');
    let received = 0;
    const pollsBefore = polls();
    const intake = startIntake(
      queue.url,
      async () => {
        received += 1;
      },
      { longPollSeconds: 20, slots: 2 },
    );
    await until(() => polls() === pollsBefore + 2);
    intake.stop();
    // The queue learns of an aborted poll when its connection closes.
    await sleep(200);
    await sendMessage(cloud, queue.url, 'too late');
    await sleep(200);
    expect(received).toBe(0);
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 1, inFlight: 0 });
  });

  it('survives a handler that breaks its promise and rejects, and logs it', async () => {
    const queue = await createQueue(cloud, 'broken-handler');
    await sendMessage(cloud, queue.url, 'one');
    await sendMessage(cloud, queue.url, 'two');
    let received = 0;
    const lines: string[] = [];
    const logger = pino({}, { write: (line) => lines.push(line) });
    startIntake(
      queue.url,
      async () => {
        received += 1;
        throw new Error('a bug');
      },
      { logger },
    );
    await until(() => received === 2 && lines.length === 2);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      Array(2).fill(
        expect.objectContaining({
          msg: 'the handler of a message of the queue failed',
          err: expect.objectContaining({ message: expect.stringContaining('a bug') }),
        }),
      ),
    );
  });

  it('reports a message that is no longer ours as a lost lease', async () => {
    const queue = await createQueue(cloud, 'lost');
    await sendMessage(cloud, queue.url, 'hello');
    const received: ReceivedMessage[] = [];
    startIntake(queue.url, async (message) => {
      received.push(message);
    });
    await until(() => received.length === 1);
    await received[0]?.delete(signal);
    await expect(received[0]?.changeVisibility(10, signal)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    proxy.rule = () => ({ status: 400, code: 'ReceiptHandleIsInvalid' });
    await expect(received[0]?.delete(signal)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    proxy.rule = () => ({ status: 403, code: 'AccessDenied' });
    await expect(received[0]?.delete(signal)).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  });
});
