import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DetectEndpoint } from '../../src/http/detect-endpoint.ts';
import { type HealthServer, type HealthSources, startHealthServer } from '../../src/http/health-server.ts';
import type { ModelDescription } from '../../src/inference/model-store.ts';
import { until } from '../helpers/until.ts';

const MODEL: ModelDescription = {
  name: 'face-detector',
  role: 'face-detector',
  path: 'models/face-detector.onnx',
  sha256: 'abc',
  licence: 'Apache-2.0',
  inputs: [{ name: 'images', type: 'float32', shape: ['batch', 3, 640, 640] }],
  outputs: [{ name: 'output0', type: 'float32', shape: ['batch', 15, 8400] }],
  loadMs: 12,
  threads: 1,
};

const SOURCES: HealthSources = {
  readinessProblems: () => [],
  models: () => null,
  runningJobs: () => 2,
  loopDelayMs: () => ({ mean: 0.1, p99: 2.5, max: 240 }),
  metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'jobs_total 2\n' }),
};

describe('the health endpoints', () => {
  let server: HealthServer;
  let problems: string[];
  let models: ModelDescription[] | null;

  beforeEach(async () => {
    problems = [];
    models = null;
    server = await startHealthServer(0, {
      ...SOURCES,
      readinessProblems: () => problems,
      models: () => models,
    });
  });

  afterEach(() => server.close());

  async function get(path: string, method = 'GET') {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  }

  it('answer /health while the event loop turns, with its delay', async () => {
    expect(await get('/health')).toEqual({
      status: 200,
      body: {
        status: 'alive',
        uptime_seconds: expect.any(Number),
        event_loop_delay_ms: { mean: 0.1, p99: 2.5, max: 240 },
      },
    });
  });

  it('answer /health/ready with 200 while jobs are taken, and with 503 and the reasons when not', async () => {
    expect(await get('/health/ready?verbose=1')).toEqual({
      status: 200,
      body: { status: 'ready', running_jobs: 2 },
    });
    problems = ['the queue cannot be read (ExpiredToken, HTTP 403)'];
    expect(await get('/health/ready')).toEqual({
      status: 503,
      body: { status: 'not ready', reasons: problems, running_jobs: 2 },
    });
  });

  it('answer /health/models with every model once they are loaded', async () => {
    expect(await get('/health/models')).toEqual({ status: 503, body: { status: 'loading', models: [] } });
    models = [MODEL];
    const { loadMs, ...described } = MODEL;
    expect(await get('/health/models')).toEqual({
      status: 200,
      body: { status: 'loaded', models: [{ ...described, load_ms: loadMs }] },
    });
  });

  it('answer /metrics with the text and the type that the metrics have', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await answer.text()).toBe('jobs_total 2\n');
  });

  it('refuse other paths and methods', async () => {
    expect((await get('/')).status).toBe(404);
    expect((await get('/health', 'POST')).status).toBe(405);
    expect(await get('/health', 'HEAD')).toEqual({ status: 200, body: null });
  });

  it('say so when the port is taken', async () => {
    await expect(startHealthServer(server.port, SOURCES)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('is taken'),
    });
  });
});

describe('the health server', () => {
  it.each([
    ['with', async () => {}, 'there are POST /detect, /health,'],
    ['without', null, 'there are /health,'],
  ])('%s POST /detect says of another path what there is', async (_name, detect, words) => {
    const server = await startHealthServer(0, SOURCES, detect);
    try {
      const answer = await fetch(`http://127.0.0.1:${server.port}/`);
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain(words);
    } finally {
      await server.close();
    }
  });

  it('cuts off a request that does not arrive whole in its time, whether it stalls or comes byte by byte', async () => {
    const readBody: DetectEndpoint = async (request) => {
      await request.toArray().catch(() => []);
    };
    const server = await startHealthServer(0, SOURCES, readBody, { requestTimeoutMs: 100 });
    // What the server says as it cuts them off is of no interest, nor that the last drops fall beside.
    const open = () =>
      connect(server.port, '127.0.0.1')
        .resume()
        .on('error', () => {});
    const stalling = open();
    stalling.write('POST /detect HTTP/1.1\r\nhost: a\r\n');
    const dribbling = open();
    dribbling.write('POST /detect HTTP/1.1\r\nhost: a\r\ncontent-length: 10000\r\n\r\n');
    const drops = setInterval(() => dribbling.write('x'), 20);
    try {
      await until(() => stalling.closed && dribbling.closed, 10_000);
    } finally {
      clearInterval(drops);
      stalling.destroy();
      dribbling.destroy();
      await server.close();
    }
  });

  it.each([
    ['1.1', ''],
    ['1.0', 'connection: keep-alive\r\n'],
  ])(
    'cuts off a client that does not await an answer before it asks again: HTTP/%s',
    async (version, header) => {
      let asked = 0;
      const metrics = async () => {
        asked += 1;
        return await SOURCES.metrics();
      };
      const server = await startHealthServer(0, { ...SOURCES, metrics });
      const client = connect(server.port, '127.0.0.1').on('error', () => {});
      const closed = new Promise((resolve) => client.once('close', resolve));
      client.resume().write(`GET /metrics HTTP/${version}\r\nhost: a\r\n${header}\r\n`.repeat(1000));
      await closed;
      await server.close();
      expect(asked).toBe(1);
    },
  );

  it('answers one request after the other on one connection', async () => {
    const server = await startHealthServer(0, SOURCES);
    const client = connect(server.port, '127.0.0.1').setEncoding('utf8');
    let text = '';
    client.on('data', (chunk: string) => (text += chunk));
    for (let round = 1; round <= 3; round++) {
      client.write('GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n');
      await until(() => text.split('jobs_total 2\n').length === round + 1);
    }
    client.destroy();
    await server.close();
  });

  it('cuts off a client that takes nothing of its answer', async () => {
    const metrics = async () => ({ contentType: 'text/plain', text: 'x'.repeat(64 * 1024 ** 2) });
    const server = await startHealthServer(0, { ...SOURCES, metrics }, null, { idleTimeoutMs: 100 });
    const cutOff = Promise.withResolvers<void>();
    const onRequest = (message: unknown) => {
      const { response } = message as { response: ServerResponse };
      response.once('close', cutOff.resolve);
    };
    subscribe('http.server.request.start', onRequest);
    const client = connect(server.port, '127.0.0.1').on('error', () => {});
    client.pause().write('GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n');
    await cutOff.promise;
    unsubscribe('http.server.request.start', onRequest);
    client.destroy();
    await server.close();
  });

  it('lets a job take its time', async () => {
    const detect: DetectEndpoint = async (_request, response) => {
      await sleep(300);
      response.end('done');
    };
    const server = await startHealthServer(0, SOURCES, detect, { idleTimeoutMs: 20 });
    const answer = await fetch(`http://127.0.0.1:${server.port}/detect`, { method: 'POST' });
    expect(await answer.text()).toBe('done');
    await server.close();
  });

  it('does not wait for ever for an answer when it is closed', async () => {
    const asked = Promise.withResolvers<void>();
    const metrics = () => {
      asked.resolve();
      return new Promise<never>(() => {});
    };
    const server = await startHealthServer(0, { ...SOURCES, metrics }, null, { closePatienceMs: 20 });
    const answer = fetch(`http://127.0.0.1:${server.port}/metrics`);
    const isBrokenOff = expect(answer).rejects.toThrow();
    await asked.promise;
    await server.close();
    await isBrokenOff;
  });
});
