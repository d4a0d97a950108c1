import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { createSqsClient } from '../../src/aws/clients.ts';
import { QueuePolicy } from '../../src/aws/queue-policy.ts';
import { createQueue, REGION, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { startFaultProxy } from '../helpers/fault-proxy.ts';
import { SILENT } from '../helpers/test-worker.ts';

const NEVER = new AbortController().signal;
const FIVE_MINUTES_MS = 300_000;

describe('QueuePolicy', () => {
  let cloud: TestCloud;

  beforeAll(async () => {
    cloud = await startCloud();
  });
  afterAll(() => cloud.stop());

  it('reads the policy from the queue, and again after five minutes', async () => {
    const queue = await createQueue(cloud, 'changing', 3);
    const policy = new QueuePolicy(cloud.sqs, queue.url, SILENT);
    expect(await policy.maxReceiveCount(NEVER)).toBe(3);
    const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:changing-dead';
    const Attributes = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 8 }) };
    await cloud.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes }));
    expect(await policy.maxReceiveCount(NEVER)).toBe(3);
    const now = performance.now();
    const clock = jest.spyOn(performance, 'now').mockReturnValue(now + FIVE_MINUTES_MS);
    expect(await policy.maxReceiveCount(NEVER)).toBe(8);
    clock.mockRestore();
  });

  it('goes by what it knew where the policy may not be read any more, and says so once', async () => {
    const queue = await createQueue(cloud, 'forbidden', 3);
    const proxy = await startFaultProxy(cloud.endpoint);
    const sqs = createSqsClient({ region: REGION, endpointUrl: proxy.endpoint });
    const lines: string[] = [];
    const logger = pino({}, { write: (line) => lines.push(line) });
    const policy = new QueuePolicy(sqs, queue.url.replace(cloud.endpoint, proxy.endpoint), logger);
    const clock = jest.spyOn(performance, 'now');
    try {
      expect(await policy.maxReceiveCount(NEVER)).toBe(3);
      proxy.rule = () => ({ status: 403, code: 'AccessDenied' });
      for (const times of [1, 2]) {
        clock.mockReturnValue(performance.now() + times * FIVE_MINUTES_MS);
        expect(await policy.maxReceiveCount(NEVER)).toBe(3);
      }
      expect(lines).toEqual([expect.stringMatching(/redrive policy of \S+ may not be read \(AccessDenied/)]);
    } finally {
      clock.mockRestore();
      sqs.destroy();
      await proxy.stop();
    }
  });
});
