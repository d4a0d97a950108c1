import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type HealthServer, loopDelayMs, startHealthServer } from '../../src/http/health-server.ts';
import type { ModelDescription } from '../../src/inference/model-store.ts';

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

describe('loopDelayMs', () => {
  it('is what lies above the 10 ms in which the loop is asked to turn', () => {
    const histogram = { mean: 10e6, percentile: () => 12.34e6, max: 250e6 };
    expect(loopDelayMs(histogram)).toEqual({ mean: 0, p99: 2.3, max: 240 });
    const empty = { mean: Number.NaN, percentile: () => 0, max: 0 };
    expect(loopDelayMs(empty)).toEqual({ mean: 0, p99: 0, max: 0 });
  });
});

describe('the health endpoints', () => {
  let server: HealthServer;
  let problems: string[];
  let models: ModelDescription[] | null;

  beforeEach(async () => {
    problems = [];
    models = null;
    server = await startHealthServer(0, {
      readinessProblems: () => problems,
      models: () => models,
      runningJobs: () => 2,
      metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'jobs_total 2\n' }),
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
        event_loop_delay_ms: { mean: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) },
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
    const metrics = async () => ({ contentType: 'text/plain', text: '' });
    const sources = { readinessProblems: () => [], models: () => null, runningJobs: () => 0, metrics };
    await expect(startHealthServer(server.port, sources)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('is taken'),
    });
  });
});
