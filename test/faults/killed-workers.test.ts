import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type CallbackReceiver, startCallbackReceiver } from '../helpers/callback-receiver.ts';
import {
  BUCKET,
  createQueue,
  getJson,
  listKeys,
  putObject,
  queueDepth,
  sendMessage,
  startCloud,
  type TestCloud,
} from '../helpers/cloud.ts';
import { until } from '../helpers/until.ts';
import { type FaultWorkerOptions, STAGES } from './fault-worker-protocol.ts';
import { WorkerProcess } from './worker-process.ts';

jest.setTimeout(120_000);

const EMPTY = { visible: 0, inFlight: 0 };

describe('killed workers', () => {
  let cloud: TestCloud;
  let receiver: CallbackReceiver;
  let tempDir: string;
  const processes: WorkerProcess[] = [];

  beforeAll(async () => {
    cloud = await startCloud();
    receiver = await startCallbackReceiver();
    tempDir = await mkdtemp(join(tmpdir(), 'faults-'));
    await putObject(cloud, 'video.mp4', Buffer.alloc(200_000, 'video'));
  });

  afterEach(async () => {
    await Promise.all(processes.splice(0).map((worker) => worker.kill('SIGKILL')));
  });

  afterAll(async () => {
    await receiver.close();
    await cloud.stop();
    await rm(tempDir, { recursive: true });
  });

  function start(queueUrl: string, options: Partial<FaultWorkerOptions> = {}): WorkerProcess {
    const worker = new WorkerProcess({
      endpoint: cloud.endpoint,
      queueUrl,
      bucket: BUCKET,
      tempDir,
      slots: 1,
      visibilityTimeoutSeconds: 3,
      analysis: { steps: 10 },
      ...options,
    });
    processes.push(worker);
    return worker;
  }

  function job(jobId: string) {
    return { job_id: jobId, video_s3_key: 'video.mp4', callback_url: receiver.url };
  }

  function callbacksOf(jobId: string) {
    return receiver.received.filter(({ event }) => event.data.job_id === jobId);
  }

  async function isEmpty(queueUrl: string): Promise<boolean> {
    const { visible, inFlight } = await queueDepth(cloud, queueUrl);
    return visible + inFlight === 0;
  }

  it.each(STAGES)('SIGKILL %s: one result, callbacks with one id, the queue empty', async (stage) => {
    const jobId = `killed-${stage.replaceAll(' ', '-')}`;
    const queue = await createQueue(cloud, jobId, 5);
    await sendMessage(cloud, queue.url, job(jobId));
    const dying = start(queue.url, { dieAt: stage });
    expect(await dying.exited).toMatchObject({ signal: 'SIGKILL' });

    const healthy = start(queue.url);
    await until(() => healthy.all('ended').length === 1);
    expect(healthy.all('ended')).toMatchObject([{ jobId, outcome: 'completed' }]);
    expect(await getJson(cloud, `detections/${jobId}.json`)).toMatchObject({ status: 'completed' });
    const ids = callbacksOf(jobId).map(({ headers }) => headers['webhook-id']);
    expect(ids.length).toBeGreaterThanOrEqual(1);
    expect(new Set(ids).size).toBe(1);
    expect(await queueDepth(cloud, queue.url)).toEqual(EMPTY);
    expect(await queueDepth(cloud, queue.deadLetterUrl)).toEqual(EMPTY);
    expect(await listKeys(cloud, `detections/.journal/${jobId}/`)).toEqual([]);
    expect(await readdir(tempDir)).toEqual([]);
  });

  it('SIGTERM mid-job: the message is visible at once, no receive is outstanding, the next worker goes on', async () => {
    const queue = await createQueue(cloud, 'sigterm', 5);
    await sendMessage(cloud, queue.url, job('sigterm'));
    const first = start(queue.url, { analysis: { steps: 3000 }, slots: 2, visibilityTimeoutSeconds: 60 });
    await until(async () => (await listKeys(cloud, 'detections/.journal/sigterm/')).length === 2);
    const stoppedAtMs = performance.now();
    expect(await first.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 1, inFlight: 0 });
    expect(performance.now() - stoppedAtMs).toBeLessThan(5000);
    expect(first.all('ended')).toMatchObject([{ outcome: 'released' }]);

    const second = start(queue.url);
    await until(() => second.all('ended').length === 1);
    expect(second.all('analysing')[0]?.resumedFrom).toBeGreaterThan(0);
    expect(second.all('ended')).toMatchObject([{ outcome: 'completed' }]);
    expect(await isEmpty(queue.url)).toBe(true);
    expect(await listKeys(cloud, 'detections/.journal/sigterm/')).toEqual([]);
  });

  it('ten deploys in a row dead-letter nothing, on a queue that allows three receives', async () => {
    const queue = await createQueue(cloud, 'deploys', 3);
    await sendMessage(cloud, queue.url, job('deployed'));
    for (let deploy = 1; deploy <= 10; deploy++) {
      const worker = start(queue.url, { analysis: { steps: 100_000 }, visibilityTimeoutSeconds: 60 });
      await until(() => worker.all('analysing').length === 1);
      expect(await worker.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(await queueDepth(cloud, queue.deadLetterUrl)).toEqual(EMPTY);
    }
    const last = start(queue.url);
    await until(() => last.all('ended').length === 1);
    expect(last.all('ended')).toMatchObject([{ outcome: 'completed' }]);
    expect(await isEmpty(queue.url)).toBe(true);
  });

  it('a job that crashes its workers is failed at the third receive, and the jobs beside it are done', async () => {
    const queue = await createQueue(cloud, 'poison', 10);
    await sendMessage(cloud, queue.url, job('poison-1'));
    for (let crash = 1; crash <= 2; crash++) {
      expect(await start(queue.url).exited).toMatchObject({ signal: 'SIGSEGV' });
    }
    await sendMessage(cloud, queue.url, job('innocent'));
    const third = start(queue.url);
    await until(() => third.all('ended').length === 2);
    expect(third.all('ended')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ jobId: 'poison-1', outcome: 'failed' }),
        expect.objectContaining({ jobId: 'innocent', outcome: 'completed' }),
      ]),
    );
    expect(await getJson(cloud, 'detections/poison-1.json')).toMatchObject({
      error: { code: 'WORKER_CRASHED' },
    });
    expect(callbacksOf('poison-1')).toMatchObject([{ event: { type: 'detection.failed' } }]);
    expect(await isEmpty(queue.url)).toBe(true);
  });
});
