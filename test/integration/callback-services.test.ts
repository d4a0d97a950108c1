import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { CallbackQueue } from '../../src/aws/callback-queue.ts';
import { jobSender } from '../../src/aws/job-sender.ts';
import { S3Store } from '../../src/aws/s3-store.ts';
import { resendCallback } from '../../src/callback/resend.ts';
import { callbackServices } from '../../src/callback-services.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { detectionEvent } from '../../src/contract/callback.ts';
import { failedResult } from '../../src/contract/result.ts';
import { verifyWebhook } from '../../src/contract/webhook-signature.ts';
import { ResultStore } from '../../src/worker/result-store.ts';
import { type CallbackReceiver, startCallbackReceiver } from '../helpers/callback-receiver.ts';
import { BUCKET, createQueue, queueDepth, receive, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { shiftClock } from '../helpers/shifted-clock.ts';
import { SILENT } from '../helpers/test-worker.ts';
import { until } from '../helpers/until.ts';

const NEVER = new AbortController().signal;
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const FAILURE = failedResult('job-1', { code: 'VIDEO_CORRUPT', message: 'cut short: upload it again' });
const EVENT = detectionEvent(FAILURE, { bucket: BUCKET, key: 'detections/job-1.json' }, new Date());

let cloud: TestCloud;
let receiver: CallbackReceiver;
let respond = (response: ServerResponse) => response.writeHead(204).end();

beforeAll(async () => {
  cloud = await startCloud();
  receiver = await startCallbackReceiver((response) => respond(response));
});
afterAll(async () => {
  await receiver.close();
  await cloud.stop();
});

function configWith(settings: Record<string, string>): Config {
  return readConfig({
    SQS_QUEUE_URL: `${cloud.endpoint}/000000000000/jobs`,
    S3_BUCKET: BUCKET,
    CALLBACK_ALLOW_HOSTS: '127.0.0.1',
    CALLBACK_ATTEMPTS: '1',
    ...settings,
  });
}

describe('callbacks as they are configured', () => {
  it('are kept by the callback queue, and delivered by the worker that reads it', async () => {
    const queue = await createQueue(cloud, 'callbacks');
    const config = configWith({ CALLBACK_QUEUE_URL: queue.url, CALLBACK_SECRETS: SECRET });
    const { courier, redelivery } = callbackServices(config, cloud, SILENT);
    const clock = shiftClock();
    try {
      respond = (response) => response.writeHead(503).end();
      await courier.notify(receiver.url, 'evt_1', EVENT, NEVER);
      respond = (response) => response.writeHead(204).end();
      clock.advance(400);
      redelivery?.start();
      await until(() => receiver.received.length === 2);
      await until(async () => (await queueDepth(cloud, queue.url)).inFlight === 0);
      const last = receiver.received.at(-1);
      expect(verifyWebhook(last?.headers ?? {}, last?.rawBody ?? '', SECRET).id).toBe('evt_1');
    } finally {
      clock.restore();
      await redelivery?.stop(0);
    }
  });

  it('are delivered from the queue while those of many jobs wait for receivers that do not answer', async () => {
    const queue = await createQueue(cloud, 'whole-results');
    const config = configWith({ CALLBACK_QUEUE_URL: queue.url, CALLBACK_STYLE: 'result' });
    const { courier, redelivery } = callbackServices(config, cloud, SILENT);
    const deaf = await startCallbackReceiver(() => {});
    const over = new AbortController();
    const before = receiver.received.length;
    const waiting = Array.from({ length: 64 }, (_, job) =>
      courier.notify(deaf.url, `evt_waiting_${job}`, EVENT, over.signal).catch(() => {}),
    );
    try {
      await until(() => deaf.received.length > 0);
      const delivery = { url: receiver.url, eventId: 'evt_queued', event: EVENT };
      await new CallbackQueue(cloud.sqs, queue.url).enqueue(delivery, 0, NEVER);
      redelivery?.start();
      await until(() => receiver.received.length > before);
      expect(receiver.received.at(-1)?.headers['webhook-id']).toBe('evt_queued');
      expect(deaf.received.length).toBeLessThan(5);
    } finally {
      over.abort(new Error('the test is over'));
      await Promise.all(waiting);
      await deaf.close();
      await redelivery?.stop(0);
    }
  });

  it('name the callback queue in the log when it cannot be read', async () => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line) => void lines.push(line) });
    const config = configWith({ CALLBACK_QUEUE_URL: `${cloud.endpoint}/000000000000/misspelt` });
    const { redelivery } = callbackServices(config, cloud, logger);
    try {
      redelivery?.start();
      await until(() => lines.some((line) => line.includes('the callback queue cannot be read')));
      expect(redelivery?.problems).toEqual([expect.stringMatching(/^the callback queue cannot be read \(/)]);
    } finally {
      await redelivery?.stop(0);
    }
  });

  it('need no callback queue', async () => {
    const { courier, redelivery } = callbackServices(configWith({}), cloud, SILENT);
    expect(redelivery).toBeNull();
    await courier.notify(receiver.url, 'evt_2', EVENT, NEVER);
    expect(receiver.received.at(-1)?.headers['webhook-id']).toBe('evt_2');
  });

  it('are refused with secrets that are none, without naming them', () => {
    const refused = () => configWith({ CALLBACK_SECRETS: `${SECRET},secret-that-is-none` });
    expect(refused).toThrow(/CALLBACK_SECRETS=\[redacted\]: a webhook secret must be whsec_/);
    expect(refused).not.toThrow(/secret-that-is-none/);
  });

  it('tell of a failure in the original style what its stored result tells, the interval included', async () => {
    const results = new ResultStore({ store: new S3Store(cloud.s3), bucket: BUCKET, prefix: 'detections/' });
    const head = { ...FAILURE, job_id: 'job-interval' };
    const provenance = {
      video: { bucket: BUCKET, key: 'video.mp4', etag: '"abc"' },
      options: { frameIntervalSeconds: 3, detectFaces: true, detectPoses: true },
    };
    const record = { head, provenance, callbackUrl: receiver.url, messageId: null };
    await results.publish(record, new Blob([JSON.stringify(head)]), NEVER);
    const { courier } = callbackServices(configWith({ CALLBACK_STYLE: 'result' }), cloud, SILENT);
    const event = detectionEvent(head, results.reference(head.job_id), new Date());
    await courier.notify(receiver.url, 'evt_interval', event, NEVER);
    expect(JSON.parse(receiver.received.at(-1)?.rawBody ?? '')).toMatchObject({
      job_id: 'job-interval',
      status: 'failed',
      frame_interval_ms: 3000,
      error_code: 'VIDEO_CORRUPT',
    });
  });

  it('are sent again from a stored result, with the id they had', async () => {
    const store = new S3Store(cloud.s3);
    const results = new ResultStore({ store, bucket: BUCKET, prefix: 'detections/' });
    const record = { head: FAILURE, provenance: null, callbackUrl: receiver.url, messageId: null };
    await results.publish(record, new Blob([JSON.stringify(FAILURE)]), NEVER);
    const { courier: notifier } = callbackServices(configWith({}), cloud, SILENT);
    const resend = (jobId: string, url: string | null = null) =>
      resendCallback({ results, notifier }, jobId, url, NEVER);

    const first = await resend('job-1');
    const second = await resend('job-1', `${receiver.url}&again`);
    expect(second.eventId).toBe(first.eventId);
    expect(receiver.received.at(-1)?.event.data).toMatchObject({ job_id: 'job-1', status: 'failed' });
    await expect(resend('job-2')).rejects.toThrow(
      'job job-2 has no result at s3://videos/detections/job-2.json',
    );

    const silent = { ...record, head: { ...FAILURE, job_id: 'job-3' }, callbackUrl: null };
    await results.publish(silent, new Blob(['{}']), NEVER);
    await expect(resend('job-3')).rejects.toThrow('has no callback URL stored: name one with --url');
  });
});

describe('a queue that cannot take a message', () => {
  it('is named in the error', async () => {
    const missing = `${cloud.endpoint}/000000000000/missing`;
    const enqueue = new CallbackQueue(cloud.sqs, missing).enqueue(
      { url: receiver.url, eventId: 'evt_1', event: EVENT },
      0,
      NEVER,
    );
    await expect(enqueue).rejects.toMatchObject({
      code: 'QUEUE_UNAVAILABLE',
      message: expect.stringContaining('missing'),
    });
  });

  it('is left when the sender is stopped', async () => {
    const stopped = AbortSignal.abort(new Error('stopped'));
    await expect(jobSender(cloud.sqs, 'http://127.0.0.1:1/q')('job-1', '{}', stopped)).rejects.toThrow(
      'stopped',
    );
  });
});

describe('a job for a FIFO queue', () => {
  it('is a group of its own', async () => {
    const url = await createFifoQueue('jobs.fifo');
    await jobSender(cloud.sqs, url)('job-1', '{"job_id":"job-1"}', NEVER);
    const [message] = await receive(cloud, url);
    expect(message?.Attributes).toMatchObject({ MessageGroupId: 'job-1' });
  });

  it('is not dropped for an earlier one with its id', async () => {
    const url = await createFifoQueue('jobs-again.fifo');
    const sendJob = jobSender(cloud.sqs, url);
    await sendJob('job-1', '{"job_id":"job-1"}', NEVER);
    await sendJob('job-1', '{"job_id":"job-1"}', NEVER);
    await sendJob('job-1', '{"job_id":"job-1","detect_poses":false}', NEVER);
    expect((await queueDepth(cloud, url)).visible).toBe(3);
  });
});

async function createFifoQueue(name: string): Promise<string> {
  await cloud.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { FifoQueue: 'true' } }));
  return `${cloud.endpoint}/000000000000/${name}`;
}
