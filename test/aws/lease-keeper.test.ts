import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LeaseKeeper } from '../../src/aws/lease-keeper.ts';
import { createQueue, REGION, receive, sendMessage, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts';
import { until } from '../helpers/until.ts';

const TIMEOUT_SECONDS = 2;

describe('LeaseKeeper', () => {
  let cloud: TestCloud;
  let proxy: FaultProxy;
  let keeper: LeaseKeeper;
  let queueUrl: string;

  beforeAll(async () => {
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
  });

  afterEach(async () => {
    await keeper.close();
    await proxy.stop();
  });

  afterAll(() => cloud.stop());

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
    await sleep(1000 * TIMEOUT_SECONDS);
    expect(renewals()).toBe(before);
  });

  it('has nothing to renew for a message without a queue', async () => {
    const lease = keeper.hold({ receiptHandle: null, receivedAtMs: performance.now() });
    expect(await lease.settle()).toBe(true);
    expect(renewals()).toBe(0);
  });

  it('loses what it holds with its thread, and holds the next message with a new one', async () => {
    const lost = keeper.hold(await receiveOne());
    await keeper.close();
    expect(lost.signal.reason).toMatchObject({ code: 'LEASE_LOST' });
    expect(await lost.settle()).toBe(false);
    const next = keeper.hold(await receiveOne());
    await until(() => renewals() >= 1);
    expect(await next.settle()).toBe(true);
  });
});
