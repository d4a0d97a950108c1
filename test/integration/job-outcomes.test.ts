import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createS3Client } from '../../src/aws/clients.ts';
import { S3Store } from '../../src/aws/s3-store.ts';
import { WorkerError } from '../../src/errors.ts';
import { Isolation } from '../../src/worker/isolation.ts';
import { ResultStore } from '../../src/worker/result-store.ts';
import { type CallbackReceiver, startCallbackReceiver } from '../helpers/callback-receiver.ts';
import {
  BUCKET,
  createQueue,
  getJson,
  listKeys,
  putObject,
  queueDepth,
  REGION,
  receive,
  sendMessage,
  startCloud,
  type TestCloud,
  type TestQueue,
} from '../helpers/cloud.ts';
import { startFaultProxy } from '../helpers/fault-proxy.ts';
import {
  emptyAnalysis,
  startWorker,
  type TestWorker,
  type TestWorkerOptions,
} from '../helpers/test-worker.ts';
import { until } from '../helpers/until.ts';

describe('the outcome of a job', () => {
  let cloud: TestCloud;
  let receiver: CallbackReceiver;
  const workers: TestWorker[] = [];

  beforeAll(async () => {
    cloud = await startCloud();
    receiver = await startCallbackReceiver();
    await putObject(cloud, 'video.mp4', 'the bytes of a video');
  });

  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  });

  afterAll(async () => {
    await receiver.close();
    await cloud.stop();
  });

  async function work(options: TestWorkerOptions): Promise<TestWorker> {
    const worker = await startWorker(cloud, options);
    workers.push(worker);
    return worker;
  }

  function job(jobId: string, more: object = {}) {
    return { job_id: jobId, video_s3_key: 'video.mp4', callback_url: receiver.url, ...more };
  }

  function eventsOf(jobId: string) {
    return receiver.received.filter(({ event }) => event.data.job_id === jobId);
  }

  async function isEmpty({ url }: TestQueue): Promise<boolean> {
    const { visible, inFlight } = await queueDepth(cloud, url);
    return visible === 0 && inFlight === 0;
  }

  it('is completed when its result is stored: the receiver is told, the message deleted, nothing is left on disk', async () => {
    const queue = await createQueue(cloud, 'completed');
    await sendMessage(cloud, queue.url, job('done'));
    const worker = await work({ queueUrl: queue.url });
    await until(() => worker.outcomes.length === 1);

    expect(worker.outcomes).toEqual([{ name: 'completed' }]);
    expect(worker.requests).toMatchObject([{ jobId: 'done', frameIntervalSeconds: 2, detectFaces: true }]);
    expect(await getJson(cloud, 'detections/done.json')).toMatchObject({
      job_id: 'done',
      status: 'completed',
    });
    expect(eventsOf('done')).toMatchObject([
      {
        event: {
          type: 'detection.completed',
          data: { result: { bucket: 'videos', key: 'detections/done.json' } },
        },
      },
    ]);
    expect(await isEmpty(queue)).toBe(true);
    expect(await worker.tempFiles()).toEqual([]);
  });

  it('is completed for a video behind an access point, and answered from its result when it is sent again', async () => {
    const accessPoint = 'arn:aws:s3:eu-central-1:123456789012:accesspoint/films-of-the-archive';
    const s3 = createS3Client({ region: REGION, endpointUrl: cloud.endpoint });
    // The emulator has no access points: this one stands for its bucket.
    const asked: (string | undefined)[] = [];
    s3.middlewareStack.add(
      (next) => (args) => {
        const { Bucket } = args.input as { Bucket?: string };
        asked.push(Bucket);
        return next({ ...args, input: { ...args.input, Bucket: BUCKET } });
      },
      { step: 'initialize', priority: 'high' },
    );
    const store = new S3Store(s3);
    const queue = await createQueue(cloud, 'access-point');
    const message = job('behind-access-point', { video_s3_bucket: accessPoint });
    try {
      const policy = {
        defaultBucket: BUCKET,
        allowedBuckets: [accessPoint],
        defaultFrameIntervalSeconds: 2,
      };
      const worker = await work({ queueUrl: queue.url, overrides: { store, policy } });
      for (const count of [1, 2]) {
        await sendMessage(cloud, queue.url, message);
        await until(() => worker.outcomes.length === count);
      }
      expect(worker.outcomes).toEqual([{ name: 'completed' }, { name: 'completed' }]);
      expect(worker.requests).toHaveLength(1);
      expect(new Set(asked)).toEqual(new Set([accessPoint]));
      const [first, second] = eventsOf(message.job_id);
      expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    } finally {
      s3.destroy();
    }
  });

  it.each([
    ['a missing video', { video_s3_key: 'missing.mp4' }, 'VIDEO_NOT_FOUND'],
    ['a video without bytes', { video_s3_key: 'empty.mp4' }, 'VIDEO_EMPTY'],
    ['a video over the size limit', { video_s3_key: 'large.mp4' }, 'VIDEO_TOO_LARGE'],
    ['a bucket that is not allowed', { video_s3_bucket: 'somebody-elses' }, 'JOB_INVALID'],
    ['a field of a wrong type', { frame_interval_seconds: 'often' }, 'JOB_INVALID'],
  ])('is failed for %s: a failed result, an event, and the message is deleted', async (name, more, code) => {
    await putObject(cloud, 'empty.mp4', '');
    await putObject(cloud, 'large.mp4', new Uint8Array(1_000_001));
    const jobId = name.replaceAll(' ', '-');
    const queue = await createQueue(cloud, jobId);
    await sendMessage(cloud, queue.url, job(jobId, more));
    const worker = await work({ queueUrl: queue.url });
    await until(() => worker.outcomes.length === 1);

    expect(worker.outcomes).toMatchObject([{ name: 'failed', error: { code } }]);
    const retryable = ['VIDEO_NOT_FOUND', 'VIDEO_TOO_LARGE'].includes(code);
    const failure = { status: 'failed', error: { code, retryable } };
    expect(await getJson(cloud, `detections/${jobId}.json`)).toMatchObject(failure);
    expect(eventsOf(jobId)).toMatchObject([{ event: { type: 'detection.failed', data: failure } }]);
    expect(await isEmpty(queue)).toBe(true);
    expect(await worker.tempFiles()).toEqual([]);
  });

  it('is retry when a dependency has a bad moment: the message waits, nothing is written', async () => {
    const queue = await createQueue(cloud, 'retry');
    await sendMessage(cloud, queue.url, job('later'));
    const analyse = async () => {
      throw new WorkerError('STORAGE_UNAVAILABLE', 'S3 has a bad moment');
    };
    const worker = await work({ queueUrl: queue.url, analyse });
    await until(() => worker.outcomes.length === 1);

    expect(worker.outcomes).toMatchObject([{ name: 'retry', error: { code: 'STORAGE_UNAVAILABLE' } }]);
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 0, inFlight: 1 });
    expect(await listKeys(cloud, 'detections/later')).toEqual([]);
    expect(eventsOf('later')).toEqual([]);
  });

  it('is exhausted at the last receive: a failed result, an event, and the dead-letter queue gets the message untouched', async () => {
    const queue = await createQueue(cloud, 'exhausted', 1);
    const body = job('given-up');
    await sendMessage(cloud, queue.url, body);
    const analyse = async () => {
      throw new Error('a bug');
    };
    const worker = await work({ queueUrl: queue.url, analyse });
    await until(() => worker.outcomes.length === 1);

    expect(worker.outcomes).toMatchObject([{ name: 'exhausted', error: { code: 'INTERNAL' } }]);
    expect(await getJson(cloud, 'detections/given-up.json')).toMatchObject({
      status: 'failed',
      error: { code: 'INTERNAL', retryable: true },
    });
    expect(eventsOf('given-up')).toMatchObject([{ event: { type: 'detection.failed' } }]);
    const [dead] = await receive(cloud, queue.deadLetterUrl, 5);
    expect(JSON.parse(dead?.Body ?? '')).toEqual(body);
  });

  it.each([
    ['a retry', 'INTERNAL', true],
    ['a failure for good', 'VIDEO_CORRUPT', false],
  ] as const)(
    'is exhausted at the last receive after %s that S3 does not take: the receiver is told all the same',
    async (name, code, retryable) => {
      const jobId = `untaken-${name.replaceAll(' ', '-')}`;
      const queue = await createQueue(cloud, jobId, 1);
      const proxy = await startFaultProxy(cloud.endpoint);
      const s3 = createS3Client({ region: REGION, endpointUrl: proxy.endpoint });
      const store = new S3Store(s3);
      const results = new ResultStore({ store, bucket: BUCKET, prefix: 'detections/' });
      proxy.rule = ({ operation, path }) =>
        operation === 'PUT' && path.endsWith(`/${jobId}.json`) ? { status: 403, code: 'AccessDenied' } : null;
      try {
        const analyse = async () => {
          throw new WorkerError(code, 'a reason');
        };
        const worker = await work({ queueUrl: queue.url, analyse, overrides: { store, results } });
        await sendMessage(cloud, queue.url, job(jobId));
        await until(() => worker.outcomes.length === 1);
        expect(worker.outcomes).toMatchObject([{ name: 'exhausted' }]);
        expect(eventsOf(jobId)).toMatchObject([
          { event: { type: 'detection.failed', data: { error: { code, message: 'a reason', retryable } } } },
        ]);
        expect(await listKeys(cloud, `detections/${jobId}`)).toEqual([]);
        expect(await receive(cloud, queue.deadLetterUrl, 5)).toHaveLength(1);
      } finally {
        s3.destroy();
        await proxy.stop();
      }
    },
  );

  it('is released at shutdown: nothing is written and the message is visible at once', async () => {
    const queue = await createQueue(cloud, 'released');
    await sendMessage(cloud, queue.url, job('interrupted'));
    const worker = await work({
      queueUrl: queue.url,
      analyse: (_request, _onProgress, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    await until(() => worker.requests.length === 1);
    await worker.worker.stop(0);

    expect(worker.outcomes).toMatchObject([{ name: 'released', error: { code: 'SHUTTING_DOWN' } }]);
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 1, inFlight: 0 });
    expect(await listKeys(cloud, 'detections/interrupted')).toEqual([]);
    expect(await worker.tempFiles()).toEqual([]);
  });

  it('is released at the last receive as well: a fresh copy takes its place, and the dead-letter queue stays empty', async () => {
    const queue = await createQueue(cloud, 'released-last', 1);
    const body = job('interrupted-last');
    await sendMessage(cloud, queue.url, body);
    const worker = await work({
      queueUrl: queue.url,
      analyse: (_request, _onProgress, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    await until(() => worker.requests.length === 1);
    await worker.worker.stop(0);

    expect(worker.outcomes).toMatchObject([{ name: 'released' }]);
    const [fresh] = await receive(cloud, queue.url);
    expect(JSON.parse(fresh?.Body ?? '')).toEqual(body);
    expect(fresh?.Attributes?.ApproximateReceiveCount).toBe('1');
    expect(await queueDepth(cloud, queue.deadLetterUrl)).toEqual({ visible: 0, inFlight: 0 });
  });

  it('is unreadable for a body that is no job: the message is left to the queue, and the worker goes on', async () => {
    const queue = await createQueue(cloud, 'unreadable');
    await sendMessage(cloud, queue.url, 'not JSON');
    const worker = await work({ queueUrl: queue.url });
    await until(() => worker.outcomes.length === 1);
    expect(worker.outcomes).toMatchObject([{ name: 'unreadable', error: { code: 'MESSAGE_UNREADABLE' } }]);
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 0, inFlight: 1 });

    await sendMessage(cloud, queue.url, job('after-garbage'));
    await until(() => worker.outcomes.length === 2);
    expect(worker.outcomes[1]).toEqual({ name: 'completed' });
  });

  it('is retry when the receiver cannot be reached, and the next receive only repeats the callback', async () => {
    const queue = await createQueue(cloud, 'callback');
    await sendMessage(cloud, queue.url, job('unheard', { callback_url: 'http://127.0.0.1:1/' }));
    const worker = await work({ queueUrl: queue.url });
    await until(() => worker.outcomes.length === 1);
    expect(worker.outcomes).toMatchObject([{ name: 'retry', error: { code: 'CALLBACK_FAILED' } }]);

    await sendMessage(cloud, queue.url, job('unheard'));
    await until(() => worker.outcomes.length === 2);
    expect(worker.outcomes[1]).toEqual({ name: 'completed' });
    expect(worker.requests).toHaveLength(1);
    expect(eventsOf('unheard')).toHaveLength(1);
  });

  it('is not failed for the time it waited to be tried alone', async () => {
    const queue = await createQueue(cloud, 'alone', 2);
    const isolation = new Isolation();
    const jobTimeoutMs = 2000;
    let attempts = 0;
    const analyse: TestWorkerOptions['analyse'] = async (request) => {
      attempts += 1;
      if (attempts === 1) throw new WorkerError('THREAD_CRASHED', 'its thread has ended');
      return emptyAnalysis(request);
    };
    const lines: string[] = [];
    const logger = pino({}, { write: (line) => void lines.push(line) });
    const overrides = { isolation, jobTimeoutMs, logger, retryBackOff: { baseMs: 1, maxMs: 1 } };
    const worker = await work({ queueUrl: queue.url, analyse, overrides });
    await sendMessage(cloud, queue.url, job('suspect'));
    await until(() => worker.outcomes.length === 1);
    expect(worker.outcomes).toMatchObject([{ name: 'retry', error: { code: 'THREAD_CRASHED' } }]);
    const isOtherDone = Promise.withResolvers<void>();
    const other = isolation.alone(() => isOtherDone.promise, new AbortController().signal);
    await until(() => lines.filter((line) => line.includes('job started')).length === 2);
    await sleep(jobTimeoutMs + 500);
    isOtherDone.resolve();
    await other;
    await until(() => worker.outcomes.length === 2);
    expect(worker.outcomes[1]).toEqual({ name: 'completed' });
  });

  it('is released at shutdown also while it waits to be tried alone, and no attempt is noted', async () => {
    const queue = await createQueue(cloud, 'waits-alone');
    const isolation = new Isolation();
    const analyse = async () => {
      throw new WorkerError('THREAD_CRASHED', 'its thread has ended');
    };
    const lines: string[] = [];
    const logger = pino({}, { write: (line) => void lines.push(line) });
    const overrides = { isolation, logger, retryBackOff: { baseMs: 1, maxMs: 1 } };
    const worker = await work({ queueUrl: queue.url, slots: 1, analyse, overrides });
    await sendMessage(cloud, queue.url, job('waits'));
    await until(() => worker.outcomes.length === 1);
    const isOtherDone = Promise.withResolvers<void>();
    const other = isolation.beside(() => isOtherDone.promise, new AbortController().signal);
    await until(() => lines.some((line) => line.includes('tried alone')));
    await worker.worker.stop(0);
    expect(worker.outcomes[1]).toMatchObject({ name: 'released', error: { code: 'SHUTTING_DOWN' } });
    expect(worker.requests).toHaveLength(1);
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 1, inFlight: 0 });
    expect(await getJson(cloud, 'detections/.journal/waits/attempt.json')).toMatchObject({
      crashes: 1,
      open: [],
      missing: [],
    });
    isOtherDone.resolve();
    await other;
  });

  it('lets a slow job hold up no other', async () => {
    const queue = await createQueue(cloud, 'slow');
    await sendMessage(cloud, queue.url, job('slow'));
    const worker = await work({
      queueUrl: queue.url,
      analyse: async (request, _onProgress, signal) => {
        if (request.jobId === 'slow')
          await new Promise((_, reject) => signal.addEventListener('abort', reject));
        return emptyAnalysis(request);
      },
    });
    await until(() => worker.requests.length === 1);
    for (const id of ['fast-1', 'fast-2', 'fast-3']) await sendMessage(cloud, queue.url, job(id));
    await until(() => worker.outcomes.length === 3);
    expect(worker.outcomes.every(({ name }) => name === 'completed')).toBe(true);
  });
});
