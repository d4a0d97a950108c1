import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { ListQueuesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createAwsClients, createSqsClient, MAX_ATTEMPTS } from '../../src/aws/clients.ts';
import { type CredentialServer, startCredentialServer } from '../faults/credential-server.ts';
import { REGION, startCloud, type TestCloud } from '../helpers/cloud.ts';
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

const HOUR_MS = 3_600_000;

describe('a client whose credentials come from a container’s endpoint', () => {
  let cloud: TestCloud;
  let server: CredentialServer;
  const before = { ...process.env };

  beforeAll(async () => {
    cloud = await startCloud();
  });
  afterAll(() => cloud.stop());
  beforeEach(async () => {
    server = await startCredentialServer('KEY', HOUR_MS);
    Object.assign(process.env, server.env);
  });
  afterEach(async () => {
    for (const name of Object.keys(server.env)) delete process.env[name];
    Object.assign(process.env, before);
    await server.stop();
  });

  it.each(['s3', 'sqs'] as const)(
    'fails its requests when that says nothing, and asks anew for the next, and once for all: %s',
    async (name) => {
      const { s3, sqs } = createAwsClients({
        region: REGION,
        endpointUrl: cloud.endpoint,
        credentialsTimeoutMs: 200,
      });
      const ask = () =>
        name === 's3' ? s3.send(new ListBucketsCommand()) : sqs.send(new ListQueuesCommand());
      try {
        server.unanswered = 1;
        const failed = {
          name: 'CredentialsProviderError',
          message: 'no credentials came within 200 ms',
        };
        const answers = await Promise.allSettled([ask(), ask()]);
        expect(answers).toMatchObject([
          { status: 'rejected', reason: failed },
          { status: 'rejected', reason: failed },
        ]);
        await ask();
        expect(server.asked).toBe(2);
      } finally {
        s3.destroy();
        sqs.destroy();
      }
    },
  );
});
