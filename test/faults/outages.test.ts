import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createQueue, getJson, queueDepth, sendMessage } from '../helpers/cloud.ts';
import type { Fault, SeenRequest } from '../helpers/fault-proxy.ts';
import { until } from '../helpers/until.ts';
import { EMPTY, type FaultLab, openFaultLab } from './fault-lab.ts';

jest.setTimeout(120_000);

/** How long an outage lasts: longer than every request's own retries. Those of SQS and of credentials are tried in whole-minutes. */
const OUTAGE_MS = 5000;

describe('an outage', () => {
  let lab: FaultLab;

  beforeAll(async () => {
    lab = await openFaultLab();
  });

  afterEach(() => lab.reset());

  afterAll(() => lab.close());

  const toSqs = ({ headers }: SeenRequest) => headers['x-amz-target'] !== undefined;

  it.each<[string, (request: SeenRequest) => Fault | null]>([
    ['S3 answers 503', (request) => (toSqs(request) ? null : { status: 503, code: 'SlowDown' })],
    ['S3 does not answer', (request) => (toSqs(request) ? null : { hang: true })],
  ])('in which %s is lived through: the job is done once it is over', async (name, rule) => {
    const jobId = name.replaceAll(/\W/g, '-');
    const queue = await createQueue(lab.cloud, jobId, 20);
    lab.proxy.rule = rule;
    const worker = lab.startBehindProxy(queue.url);
    await sendMessage(lab.cloud, queue.url, lab.job(jobId));
    await sleep(OUTAGE_MS);
    expect(worker.hasExited).toBe(false);
    expect(worker.all('ended').filter(({ outcome }) => outcome === 'completed')).toEqual([]);

    lab.proxy.rule = () => null;
    await until(() => worker.all('ended').some(({ outcome }) => outcome === 'completed'), 60_000);
    await until(() => lab.isEmpty(queue.url));
    expect(await getJson(lab.cloud, `detections/${jobId}.json`)).toMatchObject({ status: 'completed' });
    expect(new Set(lab.callbacksOf(jobId).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await queueDepth(lab.cloud, queue.deadLetterUrl)).toEqual(EMPTY);
  });

  it('in which S3 takes no note of a stop, deploy after deploy, looks like no crash', async () => {
    const queue = await createQueue(lab.cloud, 'unnoted-stops', 20);
    await sendMessage(lab.cloud, queue.url, lab.job('unnoted-stops'));
    for (let deploy = 1; deploy <= 3; deploy++) {
      const worker = lab.startBehindProxy(queue.url, { analysis: { steps: 100_000 } });
      await until(() => worker.all('analysing').length === 1);
      lab.proxy.rule = ({ operation }) => (operation === 'PUT' ? { hang: true } : null);
      expect(await worker.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(worker.all('ended')).toMatchObject([{ outcome: 'released' }]);
      lab.proxy.rule = () => null;
    }
    const last = lab.startBehindProxy(queue.url);
    await until(() => last.all('ended').length === 1);
    expect(last.all('ended')).toMatchObject([{ outcome: 'completed' }]);
    expect(await lab.isEmpty(queue.url)).toBe(true);
  });

  it('in which S3 takes neither the result nor a note of the failure looks like no crash', async () => {
    const queue = await createQueue(lab.cloud, 'unnoted-failures', 20);
    await sendMessage(lab.cloud, queue.url, lab.job('unnoted-failures'));
    const worker = lab.startBehindProxy(queue.url, { analysis: { steps: 50 }, visibilityTimeoutSeconds: 60 });
    for (let failures = 1; failures <= 3; failures++) {
      await until(() => worker.all('analysing').length === failures);
      lab.proxy.rule = (request) => (toSqs(request) ? null : { status: 503, code: 'SlowDown' });
      await until(() => worker.all('ended').length === failures);
      lab.proxy.rule = () => null;
    }
    await until(() => worker.all('ended').length === 4);
    const outcomes = worker.all('ended').map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['retry', 'retry', 'retry', 'completed']);
    await until(() => lab.isEmpty(queue.url));
  });

  it.each<[string, Fault]>([
    ['stalls', { stallAfterBytes: 50_000 }],
    ['drops', { dropAfterBytes: 50_000 }],
    ['lies about its length', { dropAfterBytes: 0 }],
  ])('of one S3 body that %s costs the job nothing', async (name, fault) => {
    const jobId = `body-${name.replaceAll(' ', '-')}`;
    const queue = await createQueue(lab.cloud, jobId, 20);
    let left = 2;
    const isPart = ({ operation, path, headers }: SeenRequest) =>
      operation === 'GET' && path.endsWith('video.mp4') && headers.range !== 'bytes=0-0';
    lab.proxy.rule = (request) => (isPart(request) && left-- > 0 ? fault : null);
    await sendMessage(lab.cloud, queue.url, lab.job(jobId));
    const worker = lab.startBehindProxy(queue.url, { idleTimeoutMs: 1000, visibilityTimeoutSeconds: 30 });
    await until(() => worker.all('ended').length === 1);
    expect(worker.all('ended')).toMatchObject([{ outcome: 'completed' }]);
    expect(left).toBeLessThanOrEqual(0);
  });
});
