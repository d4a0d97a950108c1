import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LeaseKeeper } from '../../src/aws/lease-keeper.ts';
import { createQueue, REGION, receive, sendMessage, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts';
import { until } from '../helpers/until.ts';

const TIMEOUT_SECONDS = 3;

describe('LeaseKeeper', () => {
  let cloud: TestCloud;
  let proxy: FaultProxy;
  let keeper: LeaseKeeper;
  let queueUrl: string;
  /** The threads that were started, as Node tells of them: the keeper keeps its own to itself. */
  const threads: Worker[] = [];
  const addThread = (message: unknown) => threads.push((message as { worker: Worker }).worker);

  beforeAll(async () => {
    subscribe('worker_threads', addThread);
    cloud = await startCloud();
    queueUrl = (await createQueue(cloud, 'leases', 100)).url;
  });

  beforeEach(async () => {
    proxy = await startFaultProxy(cloud.endpoint);
    keeper = new LeaseKeeper({
      region: REGION,
      endpointUrl: proxy.endpoint,
      queueUrl: queueUrl.replace(cloud.endpoint, proxy.endpoint),
      visibilityTimeoutSeconds: TIMEOUT_SECONDS,
    });
    await keeper.ready();
  });

  afterEach(async () => {
    await endThreads();
    await proxy.stop();
  });

  afterAll(async () => {
    unsubscribe('worker_threads', addThread);
    await cloud.stop();
  });

  async function endThreads(): Promise<void> {
    await Promise.all(threads.splice(0).map((thread) => thread.terminate()));
  }

  async function receiveOne() {
    await sendMessage(cloud, queueUrl, 'hello');
    const [message] = await receive(cloud, queueUrl, 0, TIMEOUT_SECONDS);
    return { receiptHandle: message?.ReceiptHandle ?? '', receivedAtMs: performance.now() };
  }

  function renewals(): number {
    return proxy.seen.filter(({ operation }) => operation === 'ChangeMessageVisibility').length;
  }

  it('tells at once when the message is in other hands', async () => {
    const lease = keeper.hold({ receiptHandle: 'somebody-elses', receivedAtMs: performance.now() });
    await until(() => lease.signal.aborted);
    expect(lease.signal.reason).toMatchObject({ code: 'LEASE_LOST' });
    expect(await lease.settle()).toBe(false);
  });

  it('renews no more after it is settled', async () => {
    const lease = keeper.hold(await receiveOne());
    await until(() => renewals() >= 1);
    await lease.settle();
    const before = renewals();
    // Longer than from one renewal to the next.
    await sleep((1000 * TIMEOUT_SECONDS) / 2);
    expect(renewals()).toBe(before);
  });

  it('loses what it holds with its thread, and holds the next message with a new one', async () => {
    const lost = keeper.hold(await receiveOne());
    await endThreads();
    expect(lost.signal.reason).toMatchObject({ code: 'LEASE_LOST' });
    expect(await lost.settle()).toBe(false);
    await keeper.ready();
    const next = keeper.hold(await receiveOne());
    await until(() => renewals() >= 1);
    expect(await next.settle()).toBe(true);
  });

  it('has its thread before the first message, and needs nobody to wait for another', async () => {
    expect(threads).toHaveLength(1);
    await endThreads();
    const longAgo = performance.now() - 1000 * TIMEOUT_SECONDS;
    const lease = keeper.hold({ receiptHandle: 'old', receivedAtMs: longAgo });
    await until(() => lease.signal.aborted);
    expect(lease.signal.reason).toMatchObject({ message: expect.stringContaining('hidden in time') });
    expect(threads).toHaveLength(1);
  });

  it('is not ready when its thread ends instead of starting', async () => {
    await endThreads();
    const ready = keeper.ready();
    await endThreads();
    await expect(ready).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
