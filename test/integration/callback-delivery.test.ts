import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { CallbackQueue } from '../../src/aws/callback-queue.ts';
import { presignWith } from '../../src/aws/presign-url.ts';
import { S3Store } from '../../src/aws/s3-store.ts';
import { SqsMessage } from '../../src/aws/sqs-message.ts';
import { type AttemptCallback, callbackAttempt } from '../../src/callback/callback-attempt.ts';
import { callbackBody } from '../../src/callback/callback-body.ts';
import { CallbackCourier } from '../../src/callback/callback-courier.ts';
import { encodeDelivery } from '../../src/callback/delivery-message.ts';
import { Redelivery } from '../../src/callback/redelivery.ts';
import { type DetectionEvent, detectionEvent } from '../../src/contract/callback.ts';
import { parseDetectionResult } from '../../src/contract/result.ts';
import { verifyWebhook } from '../../src/contract/webhook-signature.ts';
import { WorkerError } from '../../src/errors.ts';
import { HttpCallbackTransport } from '../../src/http/callback-transport.ts';
import { type CallbackReceiver, startCallbackReceiver } from '../helpers/callback-receiver.ts';
import {
  BUCKET,
  createQueue,
  getJson,
  putObject,
  queueDepth,
  receive,
  sendMessage,
  startCloud,
  type TestCloud,
  type TestQueue,
} from '../helpers/cloud.ts';
import { type ShiftedClock, shiftClock } from '../helpers/shifted-clock.ts';
import { SILENT, startWorker } from '../helpers/test-worker.ts';
import { until } from '../helpers/until.ts';

const NEVER = new AbortController().signal;
const SECRETS = [randomBytes(32), randomBytes(24)].map((bytes) => `whsec_${bytes.toString('base64')}`);
const SUMMARY = {
  total_frames: 1,
  faces_detected: 0,
  poses_detected: 0,
  unique_face_tracks: 0,
  unique_pose_tracks: 0,
  processing_time_ms: 1,
};

let cloud: TestCloud;
let queue: TestQueue;
let queues = 0;
let receiver: CallbackReceiver;
let respond: (response: ServerResponse) => void;
let clock: ShiftedClock | null = null;

beforeAll(async () => {
  cloud = await startCloud();
  receiver = await startCallbackReceiver((response) => respond(response));
});
beforeEach(async () => {
  respond = (response) => response.writeHead(204).end();
  received().length = 0;
  queues += 1;
  queue = await createQueue(cloud, `callbacks-${queues}`, 20);
});
afterEach(() => {
  clock?.restore();
  clock = null;
});
afterAll(async () => {
  await receiver.close();
  await cloud.stop();
});

function received() {
  return receiver.received as CallbackReceiver['received'][number][];
}

function event(jobId = 'job-1'): DetectionEvent {
  const reference = { bucket: BUCKET, key: `detections/${jobId}.json` };
  return detectionEvent({ job_id: jobId, status: 'completed', summary: SUMMARY }, reference, new Date());
}

function attempt({
  style = 'event' as 'event' | 'result',
  presignSeconds = 0,
  timeoutMs = 2000,
} = {}): AttemptCallback {
  const store = new S3Store(cloud.s3);
  return callbackAttempt({
    transport: new HttpCallbackTransport({ timeoutMs, allowHosts: ['127.0.0.1'] }),
    composeBody: callbackBody({ style, presignSeconds, store, presign: presignWith(cloud.s3) }),
    secrets: SECRETS,
  });
}

function courier(options: Partial<ConstructorParameters<typeof CallbackCourier>[0]> = {}): CallbackCourier {
  return new CallbackCourier({
    attempt: attempt(),
    quickTries: 2,
    queue: new CallbackQueue(cloud.sqs, queue.url),
    logger: SILENT,
    backOff: { baseMs: 5, maxMs: 5 },
    ...options,
  });
}

/** Lets the worker's redelivery take what is visible in the callback queue now; resolves to how many messages it took. */
async function workOffQueue(): Promise<number> {
  const redelivery = new Redelivery({ attempt: attempt(), logger: SILENT });
  const { Messages = [] } = await cloud.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queue.url,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 60,
      MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
    }),
  );
  for (const message of Messages)
    await redelivery.run(new SqsMessage(cloud.sqs, queue.url, 20, message), NEVER);
  return Messages.length;
}

/** Moves time on in steps of half an hour, working off the queue at each. */
async function passHours(hours: number): Promise<void> {
  for (let minutes = 0; minutes < hours * 60; minutes += 30) {
    clock?.advance(1800);
    while ((await workOffQueue()) > 0);
  }
}

describe('a delivered callback', () => {
  it('is signed with every secret, and verified by receivers who know one', async () => {
    expect(await courier().notify(receiver.url, 'evt_1', event(), NEVER)).toBe('taken');
    const [callback] = received();
    if (callback === undefined) throw new Error('no callback');
    for (const secret of SECRETS) {
      expect(verifyWebhook(callback.headers, callback.rawBody, secret).id).toBe('evt_1');
    }
    expect(callback.headers['content-type']).toBe('application/json');
    expect(callback.rawBody.length).toBeLessThan(20_000);
  });

  it('may carry a link that reads the result without credentials', async () => {
    await putObject(cloud, 'detections/job-1.json', '{"job_id":"job-1"}');
    await courier({ attempt: attempt({ presignSeconds: 600 }) }).notify(
      receiver.url,
      'evt_1',
      event(),
      NEVER,
    );
    const { url = '' } = received()[0]?.event.data.result ?? {};
    expect(await (await fetch(url)).json()).toEqual({ job_id: 'job-1' });
  });

  it('may be the whole result, as the original API sent it', async () => {
    const result = {
      schema_version: 1,
      job_id: 'job-1',
      status: 'failed',
      error: { code: 'X', message: 'y', retryable: false },
    };
    await putObject(cloud, 'detections/job-1.json', JSON.stringify(result));
    await courier({ attempt: attempt({ style: 'result' }) }).notify(receiver.url, 'evt_1', event(), NEVER);
    const body = received()[0]?.rawBody ?? '';
    expect(parseDetectionResult(body)).toEqual(result);
    expect(JSON.parse(body)).toMatchObject({ results_s3_key: 'detections/job-1.json' });
  });
});

describe('a callback that fails', () => {
  it('is tried quickly, then handed to the queue, which is no failure of the job', async () => {
    respond = (response) => response.writeHead(500).end();
    expect(await courier().notify(receiver.url, 'evt_1', event(), NEVER)).toBe('queued');
    expect(received()).toHaveLength(2);
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 0, inFlight: 0 });
    clock = shiftClock();
    clock.advance(6 * 60);
    respond = (response) => response.writeHead(200).end();
    expect(await workOffQueue()).toBe(1);
    expect(received().map(({ headers }) => headers['webhook-id'])).toEqual(['evt_1', 'evt_1', 'evt_1']);
    expect(await workOffQueue()).toBe(0);
  });

  it('fails the job’s attempt where there is no queue, and names neither path nor answer', async () => {
    respond = (response) => response.writeHead(500).end('SECRET');
    const failed = courier({ queue: null }).notify(receiver.url, 'evt_1', event(), NEVER);
    await expect(failed).rejects.toMatchObject({ code: 'CALLBACK_FAILED' });
    await expect(failed).rejects.toThrow(
      /^the callback to http:\/\/127\.0\.0\.1:\d+ failed: it answered HTTP 500$/,
    );
  });

  it('is not tried again at once by a receiver that asks for a pause', async () => {
    respond = (response) => response.writeHead(429, { 'retry-after': '840' }).end();
    await courier().notify(receiver.url, 'evt_1', event(), NEVER);
    expect(received()).toHaveLength(1);
    clock = shiftClock();
    clock.advance(830);
    expect(await workOffQueue()).toBe(0);
    clock.advance(80);
    expect(await workOffQueue()).toBe(1);
  });

  it.each([
    ['an hour', 3600],
    ['eleven hours', 11 * 3600],
  ])(
    'waits in the queue for %s, which is longer than a new message can, and is then tried six times',
    async (_name, seconds) => {
      clock = shiftClock();
      respond = (response) => response.writeHead(503, { 'retry-after': String(seconds) }).end();
      await courier().notify(receiver.url, 'evt_1', event(), NEVER);
      clock.advance(910);
      expect(await workOffQueue()).toBe(1);
      clock.advance(seconds - 920);
      expect(await workOffQueue()).toBe(0);
      expect(received()).toHaveLength(1);

      clock.advance(0.1 * seconds + 20);
      respond = (response) => response.writeHead(503).end();
      expect(await workOffQueue()).toBe(1);
      expect(received()).toHaveLength(2);
      await passHours(48);
      expect(received()).toHaveLength(7);
      expect(await receive(cloud, queue.deadLetterUrl)).toHaveLength(1);
    },
  );

  it('leaves its job hidden, where there is no callback queue, for as long as the receiver asks', async () => {
    const jobs = await createQueue(cloud, `jobs-${queues}`, 5);
    await putObject(cloud, 'a.mp4', 'video');
    respond = (response) => response.writeHead(429, { 'retry-after': '3600' }).end();
    const worker = await startWorker(cloud, {
      queueUrl: jobs.url,
      overrides: { notifier: courier({ queue: null }) },
    });
    const job = { job_id: 'hidden', video_s3_key: 'a.mp4', callback_url: receiver.url };
    await sendMessage(cloud, jobs.url, job);
    await until(() => worker.outcomes.length === 1);
    await worker.stop();
    expect(worker.outcomes).toMatchObject([{ name: 'retry', delaySeconds: 3600 }]);
    clock = shiftClock();
    clock.advance(3590);
    expect(await receive(cloud, jobs.url)).toEqual([]);
    clock.advance(20);
    expect(await receive(cloud, jobs.url)).toHaveLength(1);
  });

  it('leaves the result of its job as it is where the callback queue cannot take it, at the last receive as well', async () => {
    const jobs = await createQueue(cloud, `jobs-${queues}`, 2);
    await putObject(cloud, 'a.mp4', 'video');
    respond = (response) => response.writeHead(503).end();
    const gone = new CallbackQueue(cloud.sqs, `${cloud.endpoint}/000000000000/no-such-queue`);
    const worker = await startWorker(cloud, {
      queueUrl: jobs.url,
      analyse: async () => {
        throw new WorkerError('VIDEO_CORRUPT', 'the video is broken');
      },
      overrides: {
        notifier: courier({ queue: gone, quickTries: 1 }),
        retryBackOff: { baseMs: 1, maxMs: 1 },
      },
    });
    const job = { job_id: 'unheard', video_s3_key: 'a.mp4', callback_url: receiver.url };
    await sendMessage(cloud, jobs.url, job);
    await until(() => worker.outcomes.length === 2);
    await worker.stop();
    const error = {
      code: 'QUEUE_UNAVAILABLE',
      message: expect.stringMatching(/^the queue no-such-queue could not take a message/),
    };
    expect(worker.outcomes).toMatchObject([
      { name: 'retry', error },
      { name: 'exhausted', error },
    ]);
    expect(worker.requests).toHaveLength(1);
    expect(await getJson(cloud, 'detections/unheard.json')).toMatchObject({
      error: { code: 'VIDEO_CORRUPT', message: 'the video is broken', retryable: false },
    });
    const told = received().map(({ headers, event: { data } }) => [headers['webhook-id'], data.status]);
    expect(told).toEqual([told[0], told[0]]);
  });

  it('waits for a short pause and tries again', async () => {
    respond = (response) =>
      received().length === 1
        ? response.writeHead(503, { 'retry-after': '1' }).end()
        : response.writeHead(200).end();
    await courier().notify(receiver.url, 'evt_1', event(), NEVER);
    expect(received()).toHaveLength(2);
  });

  it('is left alone once the receiver says 410, now and from the queue', async () => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line) => void lines.push(line) });
    respond = (response) => response.writeHead(410).end();
    expect(await courier({ logger }).notify(receiver.url, 'evt_1', event(), NEVER)).toBe('unwanted');
    expect(lines).toEqual([expect.stringContaining('callback not wanted any more')]);
    expect(received()).toHaveLength(1);
    await sendMessage(
      cloud,
      queue.url,
      encodeDelivery({ url: receiver.url, eventId: 'evt_1', event: event() }),
    );
    expect(await workOffQueue()).toBe(1);
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 0, inFlight: 0 });
  });
});

describe('a callback that is blocked', () => {
  it('is named in the failure, without its query', async () => {
    const url = 'https://169.254.169.254/latest/meta-data?token=secret';
    const failed = courier({ queue: null }).notify(url, 'evt_1', event(), NEVER);
    await expect(failed).rejects.toThrow('https://169.254.169.254/latest/meta-data is blocked: it leads to');
    await expect(failed).rejects.not.toThrow('secret');
  });
});

describe('the log of a delivery', () => {
  it('has the receiver’s origin and the status, and nothing of paths, queries and answers', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'trace' }, { write: (line) => void lines.push(line) });
    respond = (response) => response.writeHead(500, { 'x-note': 'ANSWERED' }).end('ANSWERED');
    await courier({ logger }).notify(receiver.url, 'evt_1', event(), NEVER);
    const log = lines.join('');
    expect(log).toContain('it answered HTTP 500');
    expect(log).toContain(new URL(receiver.url).origin);
    expect(log).not.toMatch(/ANSWERED|hook|token/);
  });
});

describe('a receiver that is down', () => {
  it('for a day gets its event once it is back', async () => {
    clock = shiftClock();
    respond = (response) => response.writeHead(503).end();
    await courier().notify(receiver.url, 'evt_1', event(), NEVER);
    await passHours(24);
    const whileDown = received().length;
    // Two quick tries, then after 5 minutes, 30 minutes, 2, 5 and 10 hours.
    expect(whileDown).toBe(7);

    respond = (response) => response.writeHead(200).end();
    await passHours(12);
    expect(received()).toHaveLength(whileDown + 1);
    expect(new Set(received().map(({ headers }) => headers['webhook-id']))).toEqual(new Set(['evt_1']));
    expect(await receive(cloud, queue.deadLetterUrl)).toEqual([]);
  });

  it('for good has its event in the dead-letter queue in the end, unchanged', async () => {
    clock = shiftClock();
    respond = (response) => response.writeHead(503).end();
    const sent = event();
    await courier().notify(receiver.url, 'evt_1', sent, NEVER);
    await passHours(48);
    expect(received()).toHaveLength(9);
    const [dead] = await receive(cloud, queue.deadLetterUrl);
    expect(JSON.parse(dead?.Body ?? '')).toEqual({
      callback_url: receiver.url,
      event_id: 'evt_1',
      event: sent,
    });
  });
});

describe('a message that is no delivery', () => {
  it('stays for the dead-letter queue', async () => {
    await sendMessage(cloud, queue.url, 'not a delivery');
    expect(await workOffQueue()).toBe(1);
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 0, inFlight: 1 });
  });
});

describe('a job whose receiver hangs', () => {
  it('holds up no other video, and hands its callback over when the worker stops', async () => {
    const jobs = await createQueue(cloud, `jobs-${queues}`, 5);
    await putObject(cloud, 'a.mp4', 'video');
    respond = () => {};
    const worker = await startWorker(cloud, {
      queueUrl: jobs.url,
      slots: 1,
      overrides: { notifier: courier({ attempt: attempt({ timeoutMs: 60_000 }) }) },
    });
    const job = { video_s3_key: 'a.mp4', callback_url: receiver.url };
    await sendMessage(cloud, jobs.url, { ...job, job_id: 'hanging-1' });
    await until(() => received().length === 1);
    await sendMessage(cloud, jobs.url, { ...job, job_id: 'hanging-2' });
    await until(() => received().length === 2);
    expect(worker.outcomes).toEqual([]);

    await worker.stop(0);
    expect(worker.outcomes.map(({ name }) => name)).toEqual(['completed', 'completed']);
    expect(await queueDepth(cloud, jobs.url)).toEqual({ visible: 0, inFlight: 0 });
    expect(await receive(cloud, queue.url)).toHaveLength(2);
  });

  it('comes back to the job’s queue when there is no callback queue to hand it to', async () => {
    const stop = new AbortController();
    respond = () => stop.abort(new WorkerError('SHUTTING_DOWN', 'stopping'));
    const failed = courier({ queue: null }).notify(receiver.url, 'evt_1', event(), stop.signal);
    await expect(failed).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
