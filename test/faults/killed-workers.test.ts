import { readdir } from 'node:fs/promises';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  BUCKET,
  createQueue,
  getJson,
  listKeys,
  queueDepth,
  sendMessage,
  type TestCloud,
} from '../helpers/cloud.ts';
import { until } from '../helpers/until.ts';
import { EMPTY, type FaultLab, openFaultLab } from './fault-lab.ts';
import { STAGES } from './fault-worker-protocol.ts';

jest.setTimeout(120_000);

describe('killed workers', () => {
  let lab: FaultLab;
  let cloud: TestCloud;

  beforeAll(async () => {
    lab = await openFaultLab();
    cloud = lab.cloud;
  });

  afterEach(() => lab.reset());

  afterAll(() => lab.close());

  it.each(STAGES)('SIGKILL %s: one result, callbacks with one id, the queue empty', async (stage) => {
    const jobId = `killed-${stage.replaceAll(' ', '-')}`;
    const queue = await createQueue(cloud, jobId, 5);
    await sendMessage(cloud, queue.url, lab.job(jobId));
    const dying = lab.start(queue.url, { dieAt: stage });
    expect(await dying.exited).toMatchObject({ signal: 'SIGKILL' });

    const healthy = lab.start(queue.url);
    await until(() => healthy.all('ended').length === 1);
    expect(healthy.all('ended')).toMatchObject([{ jobId, outcome: 'completed' }]);
    expect(await getJson(cloud, `detections/${jobId}.json`)).toMatchObject({ status: 'completed' });
    const ids = lab.callbacksOf(jobId).map(({ headers }) => headers['webhook-id']);
    expect(ids.length).toBeGreaterThanOrEqual(1);
    expect(new Set(ids).size).toBe(1);
    expect(await queueDepth(cloud, queue.url)).toEqual(EMPTY);
    expect(await queueDepth(cloud, queue.deadLetterUrl)).toEqual(EMPTY);
    expect(await listKeys(cloud, `detections/.journal/${jobId}/`)).toEqual([]);
    expect(await readdir(lab.tempDir)).toEqual([]);
  });

  it('SIGTERM mid-job: the message is visible at once, no receive is outstanding, the next worker goes on', async () => {
    const queue = await createQueue(cloud, 'sigterm', 5);
    await sendMessage(cloud, queue.url, lab.job('sigterm'));
    const first = lab.start(queue.url, { analysis: { steps: 3000 }, slots: 2, visibilityTimeoutSeconds: 60 });
    await until(async () => (await listKeys(cloud, 'detections/.journal/sigterm/')).length === 2);
    const stoppedAtMs = performance.now();
    expect(await first.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await queueDepth(cloud, queue.url)).toEqual({ visible: 1, inFlight: 0 });
    expect(performance.now() - stoppedAtMs).toBeLessThan(10_000);
    expect(first.all('ended')).toMatchObject([{ outcome: 'released' }]);

    const second = lab.start(queue.url);
    await until(() => second.all('ended').length === 1);
    expect(second.all('analysing')[0]?.resumedFrom).toBeGreaterThan(0);
    expect(second.all('ended')).toMatchObject([{ outcome: 'completed' }]);
    expect(await lab.isEmpty(queue.url)).toBe(true);
    expect(await listKeys(cloud, 'detections/.journal/sigterm/')).toEqual([]);
  });

  it('ten deploys in a row dead-letter nothing, on a queue that allows three receives', async () => {
    const queue = await createQueue(cloud, 'deploys', 3);
    await sendMessage(cloud, queue.url, lab.job('deployed'));
    for (let deploy = 1; deploy <= 10; deploy++) {
      const worker = lab.start(queue.url, { analysis: { steps: 100_000 }, visibilityTimeoutSeconds: 60 });
      await until(() => worker.all('analysing').length === 1);
      expect(await worker.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(await queueDepth(cloud, queue.deadLetterUrl)).toEqual(EMPTY);
    }
    const last = lab.start(queue.url);
    await until(() => last.all('ended').length === 1);
    expect(last.all('ended')).toMatchObject([{ outcome: 'completed' }]);
    expect(await lab.isEmpty(queue.url)).toBe(true);
  });

  it('a job that crashes its workers is failed at the third receive, and the jobs beside it are done', async () => {
    const queue = await createQueue(cloud, 'poison', 10);
    await sendMessage(cloud, queue.url, lab.job('poison-1'));
    for (let crash = 1; crash <= 2; crash++) {
      expect(await lab.start(queue.url).exited).toMatchObject({ signal: 'SIGSEGV' });
    }
    await sendMessage(cloud, queue.url, lab.job('innocent'));
    const third = lab.start(queue.url);
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
    expect(lab.callbacksOf('poison-1')).toMatchObject([{ event: { type: 'detection.failed' } }]);
    expect(await lab.isEmpty(queue.url)).toBe(true);
  });

  it('a good job that dies with a bad one beside it is tried alone: it is done, and the bad one is failed', async () => {
    const queue = await createQueue(cloud, 'beside-poison', 10);
    const options = { slots: 2, analysis: { steps: 300, isShort: true } };
    await sendMessage(cloud, queue.url, lab.job('innocent-2'));
    const first = lab.start(queue.url, options);
    await until(() => first.all('analysing').length === 1);
    await sendMessage(cloud, queue.url, lab.job('poison-2'));
    expect(await first.exited).toMatchObject({ signal: 'SIGSEGV' });

    const second = lab.start(queue.url, options);
    expect(await second.exited).toMatchObject({ signal: 'SIGSEGV' });
    const third = lab.start(queue.url, options);
    await until(() => third.all('ended').some(({ jobId }) => jobId === 'poison-2'));
    await until(() => lab.isEmpty(queue.url));
    expect([...second.all('ended'), ...third.all('ended')]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ jobId: 'innocent-2', outcome: 'completed' }),
        expect.objectContaining({ jobId: 'poison-2', outcome: 'failed' }),
      ]),
    );
    expect(await getJson(cloud, 'detections/innocent-2.json')).toMatchObject({ status: 'completed' });
    expect(await getJson(cloud, 'detections/poison-2.json')).toMatchObject({
      error: { code: 'WORKER_CRASHED' },
    });
    expect(await queueDepth(cloud, queue.deadLetterUrl)).toEqual(EMPTY);
  });

  it('a job whose workers are killed time and again is done, as long as each of them gets further', async () => {
    const queue = await createQueue(cloud, 'unlucky', 10);
    await sendMessage(cloud, queue.url, lab.job('unlucky'));
    let stepsKept = 0;
    for (let kill = 1; kill <= 4; kill++) {
      const worker = lab.start(queue.url, { analysis: { steps: 100_000 } });
      await until(() => worker.all('analysing').length === 1);
      expect(worker.all('analysing')[0]?.resumedFrom).toBe(stepsKept);
      await until(async () => (await checkpointBytes('unlucky')) > stepsKept);
      await until(async () => {
        const notes = await getJson(cloud, 'detections/.journal/unlucky/attempt.json');
        return (notes.missing as unknown[]).length === 0;
      });
      await worker.kill('SIGKILL');
      stepsKept = await checkpointBytes('unlucky');
    }
    const last = lab.start(queue.url);
    await until(() => last.all('ended').length === 1);
    expect(last.all('ended')).toMatchObject([{ outcome: 'completed' }]);
    expect(await listKeys(cloud, 'detections/.journal/unlucky/')).toEqual([]);
  });

  /** One for each step an attempt at the job has kept. */
  async function checkpointBytes(jobId: string): Promise<number> {
    const keys = await listKeys(cloud, `detections/.journal/${jobId}/`);
    const key = keys.find((each) => each.endsWith('.checkpoint'));
    if (key === undefined) return 0;
    const { ContentLength } = await cloud.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key }));
    return ContentLength ?? 0;
  }
});
