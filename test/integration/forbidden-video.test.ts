import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createS3Client } from '../../src/aws/clients.ts';
import { S3Store } from '../../src/aws/s3-store.ts';
import { ResultStore } from '../../src/worker/result-store.ts';
import { type CallbackReceiver, startCallbackReceiver } from '../helpers/callback-receiver.ts';
import {
  BUCKET,
  createQueue,
  getJson,
  putObject,
  REGION,
  receive,
  sendMessage,
  startCloud,
  type TestCloud,
} from '../helpers/cloud.ts';
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts';
import { startWorker, type TestWorker } from '../helpers/test-worker.ts';
import { until } from '../helpers/until.ts';

describe('a video that may not be read', () => {
  let cloud: TestCloud;
  let proxy: FaultProxy;
  let s3: S3Client;
  /** Fails the first callback of all. */
  let receiver: CallbackReceiver;
  const workers: TestWorker[] = [];

  beforeAll(async () => {
    cloud = await startCloud();
    proxy = await startFaultProxy(cloud.endpoint);
    s3 = createS3Client({ region: REGION, endpointUrl: proxy.endpoint });
    receiver = await startCallbackReceiver((response, count) =>
      response.writeHead(count === 1 ? 503 : 204).end(),
    );
    await putObject(cloud, 'video.mp4', 'the bytes of a video');
  });

  afterEach(async () => {
    proxy.rule = () => null;
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  });

  afterAll(async () => {
    s3.destroy();
    await receiver.close();
    await proxy.stop();
    await cloud.stop();
  });

  function forbidVideo(): void {
    proxy.rule = ({ path }) => (path.endsWith('video.mp4') ? { status: 403, code: 'AccessDenied' } : null);
  }

  async function work(queueUrl: string): Promise<TestWorker> {
    const store = new S3Store(s3);
    const results = new ResultStore({ store, bucket: BUCKET, prefix: 'detections/' });
    const overrides = { store, results, retryBackOff: { baseMs: 1, maxMs: 1 } };
    const worker = await startWorker(cloud, { queueUrl, slots: 1, overrides });
    workers.push(worker);
    return worker;
  }

  function job(jobId: string, more: object = {}) {
    return { job_id: jobId, video_s3_key: 'video.mp4', ...more };
  }

  it('is what the job fails with at every receive, and when it is sent again', async () => {
    forbidVideo();
    const queue = await createQueue(cloud, 'forbidden', 2);
    const worker = await work(queue.url);
    await sendMessage(cloud, queue.url, job('forbidden', { callback_url: receiver.url }));
    await until(() => worker.outcomes.length === 2);
    await sendMessage(cloud, queue.url, job('forbidden'));
    await until(() => worker.outcomes.length === 3);

    const denied = { name: 'failed', error: { code: 'VIDEO_ACCESS_DENIED' } };
    expect(worker.outcomes).toMatchObject([
      { name: 'retry', error: { code: 'CALLBACK_FAILED' } },
      denied,
      denied,
    ]);
    expect(receiver.received.map(({ event }) => event)).toMatchObject(
      Array(2).fill({ type: 'detection.failed', data: { error: { code: 'VIDEO_ACCESS_DENIED' } } }),
    );
    const failure = { status: 'failed', error: { code: 'VIDEO_ACCESS_DENIED', retryable: true } };
    expect(await getJson(cloud, 'detections/forbidden.json')).toMatchObject(failure);
    expect(await receive(cloud, queue.deadLetterUrl)).toEqual([]);
  });

  it('leaves the results that were made from it in force', async () => {
    const queue = await createQueue(cloud, 'forbidden-later');
    const worker = await work(queue.url);
    await sendMessage(cloud, queue.url, job('read-before'));
    await until(() => worker.outcomes.length === 1);
    forbidVideo();
    await sendMessage(cloud, queue.url, job('read-before'));
    await until(() => worker.outcomes.length === 2);
    expect(worker.outcomes).toEqual([{ name: 'completed' }, { name: 'completed' }]);
    expect(worker.requests).toHaveLength(1);
  });
});
