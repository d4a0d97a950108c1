import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { traceFields, traceMessage, traceStep } from '../../src/telemetry/tracing.ts';
import { startTracingSdk, type TracingSdk } from '../../src/telemetry/tracing-sdk.ts';

const SENDER = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

interface ExportedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { readonly code: number };
}

interface Export {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly ExportedSpan[] }[];
  }[];
}

it('without an SDK a message is handled as ever, and no trace is sent along', async () => {
  const answer = await traceMessage('job', SENDER, {}, async () => traceFields());
  expect(answer).toEqual({});
});

describe('with the SDK, a message', () => {
  const received: ExportedSpan[] = [];
  const receiver = createServer((request, response) => {
    void text(request).then((body) => {
      const { resourceSpans } = JSON.parse(body) as Export;
      received.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
      response.end('{}');
    });
  });
  let sdk: TracingSdk;
  let sentAlong: Record<string, string> = {};

  beforeAll(async () => {
    await once(receiver.listen(0, '127.0.0.1'), 'listening');
    const { port } = receiver.address() as AddressInfo;
    sdk = await startTracingSdk({ endpoint: `http://127.0.0.1:${port}/`, serviceVersion: '1.0.0' });
    await traceMessage('job', SENDER, { 'messaging.message.id': 'm-1' }, async () => {
      await traceStep('download', async () => {});
      sentAlong = traceFields();
    });
    await traceMessage('broken job', SENDER, {}, async () => {
      throw new Error('no');
    }).catch(() => {});
    await sdk.stop();
  });
  afterAll(async () => {
    receiver.close();
    await once(receiver, 'close');
  });

  it('continues the trace of its sender', () => {
    expect(received.find(({ name }) => name === 'job')).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      parentSpanId: 'b7ad6b7169203331',
    });
  });

  it('has its steps as children', () => {
    const job = received.find(({ name }) => name === 'job');
    expect(received.find(({ name }) => name === 'download')?.parentSpanId).toBe(job?.spanId);
  });

  it('hands the trace on', () => {
    const job = received.find(({ name }) => name === 'job');
    expect(sentAlong.traceparent).toBe(`00-${job?.traceId}-${job?.spanId}-01`);
  });

  it('is marked when its handling failed', () => {
    expect(received.find(({ name }) => name === 'broken job')?.status.code).toBe(2);
  });
});
