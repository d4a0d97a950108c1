import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createS3Client } from '../../src/aws/clients.ts';
import { S3Store } from '../../src/aws/s3-store.ts';
import { WorkerError } from '../../src/errors.ts';
import { ResultStore } from '../../src/worker/result-store.ts';
import { type CallbackReceiver, startCallbackReceiver } from '../helpers/callback-receiver.ts';
import {
  BUCKET,
  createQueue,
  deleteObject,
  getJson,
  listKeys,
  putObject,
  queueDepth,
  REGION,
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

describe('a second message with the same job id', () => {
  let cloud: TestCloud;
  let receiver: CallbackReceiver;
  let queue: TestQueue;
  const workers: TestWorker[] = [];

  beforeAll(async () => {
    cloud = await startCloud();
    receiver = await startCallbackReceiver();
    queue = await createQueue(cloud, 'duplicates');
    await putObject(cloud, 'video.mp4', 'the bytes of a video');
    await putObject(cloud, 'other.mp4', 'the bytes of another video');
  });

  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  });

  afterAll(async () => {
    await receiver.close();
    await cloud.stop();
  });

  async function work(options: Partial<TestWorkerOptions> = {}): Promise<TestWorker> {
    const worker = await startWorker(cloud, { queueUrl: queue.url, slots: 1, ...options });
    workers.push(worker);
    return worker;
  }

  /** Sends one message after the other, each when the one before has ended. */
  async function sendInTurn(worker: TestWorker, ...messages: object[]): Promise<void> {
    for (const message of messages) {
      const before = worker.outcomes.length;
      await sendMessage(cloud, queue.url, message);
      await until(() => worker.outcomes.length > before);
    }
  }

  function job(jobId: string, more: object = {}) {
    return { job_id: jobId, video_s3_key: 'video.mp4', callback_url: receiver.url, ...more };
  }

  function eventsOf(jobId: string) {
    return receiver.received
      .filter(({ event }) => event.data.job_id === jobId)
      .map(({ headers, event }) => ({ id: headers['webhook-id'], ...event }));
  }

  it('is answered from the stored result, with the same event, without analysing again', async () => {
    const worker = await work();
    await sendInTurn(worker, job('twice'), job('twice'));
    expect(worker.outcomes).toEqual([{ name: 'completed' }, { name: 'completed' }]);
    expect(worker.requests).toHaveLength(1);
    const [first, second] = eventsOf('twice');
    expect(second).toEqual({ ...first, timestamp: expect.any(String) });
  });

  it('is answered also where what is left of the first may not be removed', async () => {
    const proxy = await startFaultProxy(cloud.endpoint);
    const s3 = createS3Client({ region: REGION, endpointUrl: proxy.endpoint });
    const store = new S3Store(s3);
    const lines: string[] = [];
    const logger = pino({}, { write: (line) => void lines.push(line) });
    const results = new ResultStore({ store, bucket: BUCKET, prefix: 'detections/' });
    try {
      const worker = await work({ overrides: { store, results, logger } });
      proxy.rule = ({ operation }) => (operation === 'DELETE' ? { status: 403, code: 'AccessDenied' } : null);
      await sendInTurn(worker, job('kept-notes'), job('kept-notes'));
      expect(worker.outcomes).toEqual([{ name: 'completed' }, { name: 'completed' }]);
      expect(eventsOf('kept-notes')).toHaveLength(2);
      expect(lines.filter((line) => line.includes('could not be removed'))).toHaveLength(1);
    } finally {
      s3.destroy();
      await proxy.stop();
    }
  });

  it.each([
    ['another video', { video_s3_key: 'other.mp4' }, 'video_s3_key was video.mp4 and is now other.mp4'],
    ['another tolerance', { sampling_tolerance_seconds: 1 }, 'sampling_tolerance_seconds was 0 and is now 1'],
    ['other options', { frame_interval_seconds: 0.5 }, 'frame_interval_seconds was 2 and is now 0.5'],
  ])(
    'is refused when it asks for %s, and the stored result stays as it is',
    async (name, more, difference) => {
      const jobId = `conflict-${name.replaceAll(' ', '-')}`;
      const worker = await work();
      await sendInTurn(worker, job(jobId), job(jobId, more));
      expect(worker.outcomes).toMatchObject([
        { name: 'completed' },
        { name: 'failed', error: { code: 'JOB_CONFLICT', message: expect.stringContaining(difference) } },
      ]);
      expect(await getJson(cloud, `detections/${jobId}.json`)).toMatchObject({ status: 'completed' });
      const [completed, refused] = eventsOf(jobId);
      expect(refused).toMatchObject({ type: 'detection.failed', data: { error: { code: 'JOB_CONFLICT' } } });
      expect(refused?.id).not.toBe(completed?.id);
    },
  );

  it('is refused when it is no valid job, pointing to the completed result, which stays as it is', async () => {
    const worker = await work();
    await sendInTurn(worker, job('invalid-later'), job('invalid-later', { frame_interval_seconds: 0 }));
    expect(worker.outcomes).toMatchObject([
      { name: 'completed' },
      { name: 'failed', error: { code: 'JOB_INVALID' } },
    ]);
    const result = { bucket: BUCKET, key: 'detections/invalid-later.json' };
    const [completed, refused] = eventsOf('invalid-later');
    expect(completed).toMatchObject({ type: 'detection.completed', data: { result } });
    expect(refused).toMatchObject({
      type: 'detection.failed',
      data: { error: { code: 'JOB_INVALID' }, result },
    });
    expect(refused?.id).not.toBe(completed?.id);
    expect(await getJson(cloud, result.key)).toMatchObject({ status: 'completed' });
  });

  it('is refused when the video was replaced since', async () => {
    await putObject(cloud, 'changing.mp4', 'before');
    const worker = await work();
    const message = job('replaced', { video_s3_key: 'changing.mp4' });
    await sendInTurn(worker, message);
    await putObject(cloud, 'changing.mp4', 'afterwards');
    await sendInTurn(worker, message);
    expect(worker.outcomes[1]).toMatchObject({ error: { code: 'JOB_CONFLICT' } });
    expect(eventsOf('replaced')).toMatchObject([
      { type: 'detection.completed' },
      { type: 'detection.failed', data: { error: { code: 'JOB_CONFLICT' } } },
    ]);
  });

  it('is still answered when the video was deleted since', async () => {
    await putObject(cloud, 'short-lived.mp4', 'bytes');
    const worker = await work();
    const message = job('outlived', { video_s3_key: 'short-lived.mp4' });
    await sendInTurn(worker, message);
    await deleteObject(cloud, 'short-lived.mp4');
    await sendInTurn(worker, message);
    expect(worker.outcomes).toEqual([{ name: 'completed' }, { name: 'completed' }]);
  });

  it('is done after all when the first failed for a video that is in place now', async () => {
    const worker = await work();
    const message = job('early', { video_s3_key: 'late.mp4' });
    await sendInTurn(worker, message);
    await putObject(cloud, 'late.mp4', 'here at last');
    await sendInTurn(worker, message);
    expect(worker.outcomes).toMatchObject([
      { name: 'failed', error: { code: 'VIDEO_NOT_FOUND' } },
      { name: 'completed' },
    ]);
    expect(await getJson(cloud, 'detections/early.json')).toMatchObject({ status: 'completed' });
  });

  it('is done although the first crashed its workers, when it asks for another video', async () => {
    const analyse: TestWorkerOptions['analyse'] = async (request) => {
      if (request.frameIntervalSeconds === 2) throw new WorkerError('THREAD_CRASHED', 'its thread has ended');
      return emptyAnalysis(request);
    };
    const worker = await work({ analyse, overrides: { retryBackOff: { baseMs: 1, maxMs: 1 } } });
    await sendMessage(cloud, queue.url, job('mended'));
    await until(() => worker.outcomes.length === 3);
    expect(worker.outcomes[2]).toMatchObject({ name: 'failed', error: { code: 'WORKER_CRASHED' } });
    await sendInTurn(worker, job('mended', { video_s3_key: 'other.mp4', frame_interval_seconds: 1 }));
    expect(worker.outcomes[3]).toEqual({ name: 'completed' });
    expect(await getJson(cloud, 'detections/mended.json')).toMatchObject({ status: 'completed' });
    expect(await listKeys(cloud, 'detections/.journal/mended/')).toEqual([]);
  });

  it.each(['JOB_DEADLINE_EXCEEDED', 'VIDEO_TOO_LONG', 'VIDEO_TOO_LARGE'] as const)(
    'is done after all when the first failed with %s and the worker’s limit is wider now',
    async (code) => {
      let isNarrow = true;
      const analyse: TestWorkerOptions['analyse'] = async (request) => {
        if (isNarrow) throw new WorkerError(code, 'raise the limit');
        return emptyAnalysis(request);
      };
      const worker = await work({ analyse });
      await sendInTurn(worker, job(code));
      expect(eventsOf(code)).toMatchObject([{ data: { error: { code, retryable: true } } }]);
      isNarrow = false;
      await sendInTurn(worker, job(code));
      expect(worker.outcomes).toMatchObject([{ name: 'failed', error: { code } }, { name: 'completed' }]);
    },
  );

  it.each(['VIDEO_CORRUPT', 'VIDEO_RESOLUTION_TOO_HIGH', 'RESULT_TOO_LARGE'] as const)(
    'is answered from the stored failure where no setting helps against %s, without analysing again',
    async (code) => {
      const analyse = async () => {
        throw new WorkerError(code, 'send another video');
      };
      const worker = await work({ analyse });
      await sendInTurn(worker, job(code), job(code));
      const told = { data: { error: { code, retryable: false } } };
      expect(eventsOf(code)).toMatchObject([told, told]);
      expect(worker.requests).toHaveLength(1);
    },
  );

  it('replaces the result when finished jobs are to be run again', async () => {
    const worker = await work({ overrides: { rerunFinished: true } });
    await sendInTurn(worker, job('again'), job('again', { frame_interval_seconds: 1 }));
    expect(worker.outcomes).toEqual([{ name: 'completed' }, { name: 'completed' }]);
    expect(worker.requests).toHaveLength(2);
  });

  it.each([
    ['a result that replaces another', { rerunFinished: true }, 'video.mp4', 'completed'],
    ['a failure that replaces another', {}, 'nowhere.mp4', 'failed'],
  ])('announces %s with an id of its own', async (name, overrides, key, ending) => {
    const jobId = name.replaceAll(' ', '-');
    const worker = await work({ overrides });
    const message = job(jobId, { video_s3_key: key });
    await sendInTurn(worker, message, message);
    const [first, second] = eventsOf(jobId);
    expect([first?.data.status, second?.data.status]).toEqual([ending, ending]);
    expect(second?.id).not.toBe(first?.id);
  });

  const tooLong = async () => {
    throw new WorkerError('JOB_DEADLINE_EXCEEDED', 'raise the limit');
  };
  it.each([
    ['a result', { rerunFinished: true }, 'video.mp4', 1, {}],
    ['a failure', {}, 'nowhere.mp4', 0, {}],
    ['a costly failure', {}, 'video.mp4', 1, { analyse: tooLong }],
  ])(
    'that is the first come back announces %s with the id it had',
    async (name, more, key, analyses, played) => {
      const deaf = await startCallbackReceiver((response, count) =>
        response.writeHead(count === 1 ? 503 : 204).end(),
      );
      try {
        const overrides = { retryBackOff: { baseMs: 1, maxMs: 1 }, ...more };
        const worker = await work({ ...played, overrides });
        const jobId = `${name.replaceAll(' ', '-')}-come-back`;
        await sendMessage(cloud, queue.url, job(jobId, { video_s3_key: key, callback_url: deaf.url }));
        await until(() => worker.outcomes.length === 2);
        expect(worker.outcomes[0]).toMatchObject({ name: 'retry', error: { code: 'CALLBACK_FAILED' } });
        const [first, second] = deaf.received.map(({ headers }) => headers['webhook-id']);
        expect(second).toBe(first);
        expect(worker.requests).toHaveLength(analyses);
      } finally {
        await deaf.close();
      }
    },
  );

  it('at the same time as the first gives one result, and both tell the receiver the same', async () => {
    const both = Promise.withResolvers<void>();
    let analysing = 0;
    const worker = await work({
      slots: 2,
      analyse: async (request) => {
        analysing += 1;
        if (analysing === 2) both.resolve();
        await both.promise;
        return emptyAnalysis(request);
      },
    });
    await sendMessage(cloud, queue.url, job('race'));
    await sendMessage(cloud, queue.url, job('race'));
    await until(() => worker.outcomes.length === 2);
    expect(worker.outcomes).toEqual([{ name: 'completed' }, { name: 'completed' }]);
    expect(new Set(eventsOf('race').map(({ id }) => id)).size).toBe(1);
    expect(await listKeys(cloud, 'detections/race')).toEqual(['detections/race.json']);
  });

  it('completes the job also for the first, which fails at its last receive', async () => {
    const once = await createQueue(cloud, 'one-fails', 1);
    const second = Promise.withResolvers<void>();
    let analysing = 0;
    const worker = await work({
      queueUrl: once.url,
      slots: 2,
      analyse: async (request) => {
        analysing += 1;
        if (analysing === 2) return emptyAnalysis(request);
        await second.promise;
        throw new Error('a bad moment');
      },
    });
    await sendMessage(cloud, once.url, job('one-fails'));
    await sendMessage(cloud, once.url, job('one-fails'));
    await until(() => worker.outcomes.length === 1);
    second.resolve();
    await until(() => worker.outcomes.length === 2);
    expect(worker.outcomes).toEqual([{ name: 'completed' }, { name: 'completed' }]);
    const [first, other] = eventsOf('one-fails');
    expect(first?.type).toBe('detection.completed');
    expect(other).toEqual({ ...first, timestamp: expect.any(String) });
    expect(await queueDepth(cloud, once.url)).toEqual({ visible: 0, inFlight: 0 });
    expect(await queueDepth(cloud, once.deadLetterUrl)).toEqual({ visible: 0, inFlight: 0 });
  });

  it('that runs the job again and fails says so, and the completed result stays', async () => {
    await putObject(cloud, 'gone-soon.mp4', 'bytes');
    const worker = await work({ overrides: { rerunFinished: true } });
    const message = job('failed-rerun', { video_s3_key: 'gone-soon.mp4' });
    await sendInTurn(worker, message);
    await deleteObject(cloud, 'gone-soon.mp4');
    await sendInTurn(worker, message);
    expect(worker.outcomes).toMatchObject([
      { name: 'completed' },
      { name: 'failed', error: { code: 'VIDEO_NOT_FOUND' } },
    ]);
    const [completed, failed] = eventsOf('failed-rerun');
    expect(failed).toMatchObject({ type: 'detection.failed', data: { error: { code: 'VIDEO_NOT_FOUND' } } });
    expect(failed?.id).not.toBe(completed?.id);
    expect(await getJson(cloud, 'detections/failed-rerun.json')).toMatchObject({ status: 'completed' });
  });

  it('is refused where an object lies that no worker has written', async () => {
    await putObject(cloud, 'detections/foreign.json', '{"mine": true}');
    const worker = await work();
    await sendInTurn(worker, job('foreign'));
    expect(worker.outcomes).toMatchObject([{ name: 'failed', error: { code: 'JOB_CONFLICT' } }]);
    expect(await getJson(cloud, 'detections/foreign.json')).toEqual({ mine: true });
    expect(eventsOf('foreign')).toMatchObject([{ type: 'detection.failed' }]);
  });
});
