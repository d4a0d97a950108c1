import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createAwsClients } from '../../src/aws/clients.ts';
import { askBucket, askQueue } from '../../src/aws/reachability.ts';
import { BUCKET, createQueue, putObject, REGION, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts';

const NEVER = new AbortController().signal;

let cloud: TestCloud;
let proxy: FaultProxy;
let clients: { s3: S3Client; sqs: SQSClient };
let queueUrl: string;
let lines: string[] = [];
const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line).msg) });

beforeAll(async () => {
  cloud = await startCloud();
  proxy = await startFaultProxy(cloud.endpoint);
  clients = createAwsClients({ region: REGION, endpointUrl: proxy.endpoint });
  queueUrl = (await createQueue(cloud, 'jobs')).url.replace(cloud.endpoint, proxy.endpoint);
});
afterEach(() => {
  proxy.rule = () => null;
  lines = [];
});
afterAll(async () => {
  clients.s3.destroy();
  clients.sqs.destroy();
  await proxy.stop();
  await cloud.stop();
});

/** Both dependencies, each asked by its own function. */
const ASKS = {
  'the queue': (url = queueUrl) => askQueue(clients.sqs, url, logger),
  'the bucket of the results': (bucket = BUCKET) =>
    askBucket(clients.s3, { bucket, prefix: 'detections/' }, logger),
};

describe.each(Object.entries(ASKS))('%s', (name, asking) => {
  it('can be used when it answers', async () => {
    expect(await asking()(NEVER)).toBeNull();
  });

  it.each([
    [500, 'InternalFailure'],
    [403, 'ExpiredToken'],
    [403, 'InvalidClientTokenId'],
  ])('cannot be used while the answer is %i %s', async (status, code) => {
    proxy.rule = () => ({ status, code });
    expect(await asking()(NEVER)).toBe(`${code}, HTTP ${status}: a planned fault`);
  });

  it('is not out of use because it may not be asked, which is said once', async () => {
    proxy.rule = () => ({ status: 403, code: 'AccessDenied' });
    const ask = asking();
    expect([await ask(NEVER), await ask(NEVER)]).toEqual([null, null]);
    expect(lines).toEqual([
      `${name} answers, but does not let itself be asked (AccessDenied, HTTP 403: a planned fault)`,
    ]);
    proxy.rule = () => ({ status: 503, code: 'ServiceUnavailable' });
    expect(await ask(NEVER)).toContain('ServiceUnavailable');
  });

  it('is left when the signal aborts', async () => {
    proxy.rule = () => ({ hang: true });
    const stop = new AbortController();
    const answer = asking()(stop.signal);
    stop.abort();
    expect(await answer).toContain('AbortError');
  });
});

it('a queue or a bucket that is not there cannot be used', async () => {
  expect(await ASKS['the queue'](`${queueUrl}-gone`)(NEVER)).toContain('QueueDoesNotExist');
  expect(await ASKS['the bucket of the results']('no-such-bucket')(NEVER)).toContain('NoSuchBucket');
});

it('a bucket in another region cannot be used, and is told with its region, though small requests follow the redirect', async () => {
  proxy.rule = ({ headers }) =>
    headers.authorization?.includes('/eu-west-1/s3/')
      ? null
      : { status: 301, code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': 'eu-west-1' } };
  expect(await ASKS['the bucket of the results']()(NEVER)).toBe(
    'PermanentRedirect, HTTP 301: the bucket videos lies in eu-west-1, not in us-east-1: set AWS_REGION to it; the queue must lie there as well',
  );
});

it('a bucket in the worker’s own region can be used though a question comes to another first', async () => {
  let redirects = 0;
  proxy.rule = () =>
    redirects++ === 0
      ? { status: 301, code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': REGION } }
      : null;
  expect(await ASKS['the bucket of the results']()(NEVER)).toBeNull();
});

it('a bucket can be used though somebody has put an object where none is expected', async () => {
  await putObject(cloud, 'detections/.reachable', 'hello');
  expect(await ASKS['the bucket of the results']()(NEVER)).toBeNull();
});
