import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSqsClient, MAX_ATTEMPTS } from '../../src/aws/clients.ts';
import { REGION } from '../helpers/cloud.ts';
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts';

describe('the client of the queue', () => {
  let silent: FaultProxy;

  beforeAll(async () => {
    silent = await startFaultProxy('http://127.0.0.1:1');
    silent.rule = () => ({ hang: true });
  });
  afterAll(() => silent.stop());

  it('gives up a request that is not answered, and tries again', async () => {
    const sqs = createSqsClient({ region: REGION, endpointUrl: silent.endpoint });
    const handler = sqs.config.requestHandler as unknown as {
      updateHttpClientConfig(option: 'requestTimeout', ms: number): void;
    };
    handler.updateHttpClientConfig('requestTimeout', 20);
    const receive = new ReceiveMessageCommand({ QueueUrl: `${silent.endpoint}/000000000000/jobs` });
    const received = sqs.send(receive, { abortSignal: AbortSignal.timeout(10_000) });
    await expect(received).rejects.toMatchObject({
      name: 'TimeoutError',
      $metadata: { attempts: MAX_ATTEMPTS },
    });
    sqs.destroy();
  });
});
