import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { SqsIntake } from '../../src/aws/sqs-intake.ts';
import { callbackAttempt } from '../../src/callback/callback-attempt.ts';
import { CallbackCourier } from '../../src/callback/callback-courier.ts';
import { HttpCallbackTransport } from '../../src/http/callback-transport.ts';
import { CpuShare } from '../../src/telemetry/cpu-share.ts';
import { PrometheusSink } from '../../src/telemetry/prometheus-sink.ts';
import { startTracingSdk, type TracingSdk } from '../../src/telemetry/tracing-sdk.ts';
import { ObservedRunner } from '../../src/worker/observed-runner.ts';
import { Worker } from '../../src/worker/worker.ts';
import { type CallbackReceiver, startCallbackReceiver } from '../helpers/callback-receiver.ts';
import { createQueue, putObject, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { SILENT, startWorker, type TestWorker } from '../helpers/test-worker.ts';
import { until } from '../helpers/until.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PRODUCER_SPAN = 'b7ad6b7169203331';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
}

interface Export {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

const spans: Span[] = [];
const collector = createServer((request, response) => {
  void text(request).then((body) => {
    const { resourceSpans } = JSON.parse(body) as Export;
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    response.end('{}');
  });
});
let sdk: TracingSdk;
let cloud: TestCloud;
let receiver: CallbackReceiver;
let parts: TestWorker;

beforeAll(async () => {
  await once(collector.listen(0, '127.0.0.1'), 'listening');
  const { port } = collector.address() as AddressInfo;
  sdk = await startTracingSdk({ endpoint: `http://127.0.0.1:${port}`, serviceVersion: '0.0.0' });
  cloud = await startCloud();
  receiver = await startCallbackReceiver();
});

afterAll(async () => {
  await parts.stop();
  await receiver.close();
  await cloud.stop();
  collector.closeAllConnections();
  await new Promise((resolve) => collector.close(resolve));
});

it('a producer’s trace goes through the job, its steps and its callback', async () => {
  const transport = new HttpCallbackTransport({ timeoutMs: 5000, allowHosts: ['127.0.0.1'] });
  const attempt = callbackAttempt({
    transport,
    composeBody: async (event) => new TextEncoder().encode(JSON.stringify(event)),
    secrets: [],
  });
  const notifier = new CallbackCourier({ attempt, quickTries: 1, queue: null, logger: SILENT });
  const idle = await createQueue(cloud, 'idle');
  parts = await startWorker(cloud, { queueUrl: idle.url, overrides: { notifier } });

  const { url: queueUrl } = await createQueue(cloud, 'traced');
  const intake = new SqsIntake({
    sqs: cloud.sqs,
    queueUrl,
    slots: 1,
    visibilityTimeoutSeconds: 30,
    longPollSeconds: 1,
    logger: SILENT,
  });
  const runner = new ObservedRunner({
    runner: parts.runner,
    metrics: new PrometheusSink(),
    cpu: new CpuShare(),
  });
  const worker = new Worker({ intake, runner });
  await putObject(cloud, 'videos/a.mp4', Buffer.from('a video'));
  await cloud.sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: JSON.stringify({
        job_id: 'traced',
        video_s3_key: 'videos/a.mp4',
        callback_url: receiver.url,
      }),
      MessageAttributes: {
        traceparent: { DataType: 'String', StringValue: `00-${TRACE_ID}-${PRODUCER_SPAN}-01` },
      },
    }),
  );
  worker.start();
  await until(() => receiver.received.length === 1);
  await worker.stop(5000);
  await sdk.stop();

  const job = spans.find(({ name }) => name === 'process detection job');
  expect(job).toMatchObject({ traceId: TRACE_ID, parentSpanId: PRODUCER_SPAN });
  const steps = spans.filter(({ parentSpanId }) => parentSpanId === job?.spanId).map(({ name }) => name);
  expect(steps).toEqual(['download video', 'analyse video', 'publish result', 'announce ending']);
  const announced = spans.find(({ name }) => name === 'announce ending');
  expect(receiver.received[0]?.headers.traceparent).toBe(`00-${TRACE_ID}-${announced?.spanId}-01`);
});
