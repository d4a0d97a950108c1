import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createQueue, sendMessage } from '../helpers/cloud.ts';
import { until } from '../helpers/until.ts';
import { type FaultLab, openFaultLab } from './fault-lab.ts';
import type { ResourceUse } from './fault-worker-protocol.ts';

jest.setTimeout(180_000);

/** Jobs after which caches are warm; resident memory settles a little later (flat from 1,000 to 3,100 jobs). */
const WARM_UP_JOBS = 300;
const JOBS = 1000;

describe('a worker', () => {
  let lab: FaultLab;

  beforeAll(async () => {
    lab = await openFaultLab();
  });

  afterEach(() => lab.reset());

  afterAll(() => lab.close());

  it('uses as much memory, files and threads after a thousand jobs as after the first hundreds', async () => {
    const queue = await createQueue(lab.cloud, 'endurance', 10);
    const worker = lab.start(queue.url, { slots: 4, analysis: { steps: 1 }, visibilityTimeoutSeconds: 60 });
    const readings: [number, ResourceUse][] = [];
    for (const jobs of [WARM_UP_JOBS, JOBS]) {
      const before = worker.all('ended').length;
      for (let i = before; i < jobs; i++) await sendMessage(lab.cloud, queue.url, lab.job(`job-${i}`));
      await until(() => worker.all('ended').length === jobs, 120_000);
      await until(() => lab.isEmpty(queue.url));
      readings.push([jobs, await worker.resourceUse()]);
    }
    process.stdout.write(
      `${readings.map(([jobs, use]) => `after ${jobs} jobs: ${describeUse(use)}`).join('\n')}\n`,
    );

    expect(worker.all('ended').every(({ outcome }) => outcome === 'completed')).toBe(true);
    const [[, warm] = fail(), [, late] = fail()] = readings;
    expect(late.heapBytes).toBeLessThan(warm.heapBytes + 5 * 2 ** 20);
    expect(late.rssBytes).toBeLessThan(warm.rssBytes * 1.5);
    expect(late.fileDescriptors).toBeLessThanOrEqual(warm.fileDescriptors + 5);
    expect(late.threads).toBeLessThanOrEqual(warm.threads);
    expect(late.tempFiles).toBe(0);
  });
});

function describeUse({ rssBytes, heapBytes, fileDescriptors, threads, tempFiles }: ResourceUse): string {
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `${mebibytes(rssBytes)} RSS, ${mebibytes(heapBytes)} heap, ${fileDescriptors} file descriptors, ${threads} threads, ${tempFiles} temporary files`;
}

function fail(): never {
  throw new Error('unreachable: there are two readings');
}
