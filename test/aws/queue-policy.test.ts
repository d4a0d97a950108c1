import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { QueuePolicy } from '../../src/aws/queue-policy.ts';
import { createQueue, startCloud, type TestCloud } from '../helpers/cloud.ts';

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
    const policy = new QueuePolicy(cloud.sqs, queue.url);
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
});
