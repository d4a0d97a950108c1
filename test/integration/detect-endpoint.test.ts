import { once } from 'node:events';
import { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { jobSender } from '../../src/aws/job-sender.ts';
import { S3Store } from '../../src/aws/s3-store.ts';
import { WorkerError } from '../../src/errors.ts';
import { detectEndpoint } from '../../src/http/detect-endpoint.ts';
import { type HealthServer, startHealthServer } from '../../src/http/health-server.ts';
import type { VideoAnalyser } from '../../src/worker/ports.ts';
import { ResultStore } from '../../src/worker/result-store.ts';
import {
  BUCKET,
  createQueue,
  putObject,
  queueDepth,
  receive,
  sendMessage,
  startCloud,
  type TestCloud,
  type TestQueue,
} from '../helpers/cloud.ts';
import { emptyAnalysis, startWorker, type TestWorker } from '../helpers/test-worker.ts';
import { until } from '../helpers/until.ts';

type Analyse = VideoAnalyser['analyse'];

const TOKEN = 'correct horse battery staple';
/** Near to what the emulator takes; more than the buffers of a connection hold. */
const LONG_BYTES = 10 * 1024 ** 2;

const JOB = { job_id: 'job-1', video_s3_key: 'a.mp4' };

let cloud: TestCloud;
let queue: TestQueue;
let queues = 0;
let worker: TestWorker;
let server: HealthServer;
let analyse: Analyse;

/** An analysis that goes on until it is told to end or is stopped. */
function analysisUntil(end: Promise<void>): Analyse {
  return async (request, _onProgress, signal) => {
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    await Promise.race([end, stopped]);
    return emptyAnalysis(request);
  };
}

beforeAll(async () => {
  cloud = await startCloud();
  await putObject(cloud, 'a.mp4', 'video');
});
beforeEach(async () => {
  queues += 1;
  queue = await createQueue(cloud, `jobs-${queues}`);
  analyse = async (request) => emptyAnalysis(request);
  worker = await startWorker(cloud, {
    queueUrl: queue.url,
    slots: 1,
    longPollSeconds: 20,
    analyse: (...request) => analyse(...request),
  });
  await until(() => worker.worker.problems.length === 0);
  server = await serve(null);
});
afterEach(async () => {
  await server.close();
  await worker.stop();
});
afterAll(() => cloud.stop());

async function serve(token: string | null): Promise<HealthServer> {
  const store = new S3Store(cloud.s3);
  const { runner } = worker;
  const detect = detectEndpoint({
    policy: { defaultBucket: BUCKET, allowedBuckets: [], defaultFrameIntervalSeconds: 2 },
    worker: worker.worker,
    runner: {
      run: async (message, signal, releaseSlot) => (await runner.run(message, signal, releaseSlot)).outcome,
    },
    sendJob: jobSender(cloud.sqs, queue.url),
    results: new ResultStore({ store, bucket: BUCKET, prefix: 'detections/' }),
    store,
    token,
  });
  const sources = {
    readinessProblems: () => [],
    models: () => null,
    runningJobs: () => 0,
    loopDelayMs: () => ({ mean: 0, p99: 0, max: 0 }),
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
  };
  return await startHealthServer(0, sources, detect);
}

async function detect(body: object | string, init: RequestInit = {}, port = server.port): Promise<Response> {
  return await fetch(`http://127.0.0.1:${port}/detect`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });
}

/** A client that asks, and takes no more of the answer than its connection does by itself; resolves once that has begun. */
async function detectAndReadNothing(job: object): Promise<Socket> {
  const body = JSON.stringify(job);
  const client = connect(server.port, '127.0.0.1');
  client.write(
    `POST /detect HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
  await once(client, 'readable');
  return client;
}

/** Counts what is fetched of objects from now on, videos left out. */
function countFetchedBytes(): { bytes: number } {
  const fetched = { bytes: 0 };
  cloud.s3.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      if (
        context.commandName === 'GetObjectCommand' &&
        (args.input as { Key: string }).Key !== JOB.video_s3_key
      )
        fetched.bytes += (answer.output as GetObjectCommandOutput).ContentLength ?? 0;
      return answer;
    },
    { step: 'initialize' },
  );
  return fetched;
}

function uniqueJob(name: string): typeof JOB {
  return { ...JOB, job_id: `${name}-${queues}` };
}

describe('POST /detect', () => {
  it('answers with the result, stored like every other, and where it lies', async () => {
    const job = uniqueJob('http');
    const response = await detect(job);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      job_id: job.job_id,
      status: 'completed',
      results_s3_key: `detections/${job.job_id}.json`,
      summary: { total_frames: 1 },
    });
  });

  it('answers a repeated request from the stored result', async () => {
    const job = uniqueJob('repeated');
    await detect(job);
    expect((await detect(job)).status).toBe(200);
    expect(worker.requests).toHaveLength(1);
  });

  it('says in the original shape why a job failed', async () => {
    const missing = { video_s3_key: 'missing.mp4', frame_interval_seconds: 1.001 };
    const response = await detect({ ...uniqueJob('missing'), ...missing });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: 'failed',
      frames: [],
      frame_interval_ms: 1001,
      error: expect.stringContaining('missing.mp4'),
      error_code: 'VIDEO_NOT_FOUND',
    });
  });

  it('fetches a long result as the client reads it, so that slow clients cost no memory', async () => {
    const padding = 'x'.repeat(LONG_BYTES);
    analyse = async (request) => {
      const analysis = emptyAnalysis(request);
      const text = (await analysis.json.text()).replace(/}$/, `,"padding":"${padding}"}`);
      return { ...analysis, json: new Blob([text]) };
    };
    const fetched = countFetchedBytes();
    const job = uniqueJob('long');
    const client = await detectAndReadNothing(job);
    // What is on its way fills the buffers of the connection: a few megabytes.
    let before = -1;
    while (before !== fetched.bytes) {
      before = fetched.bytes;
      await sleep(300);
    }
    expect(fetched.bytes).toBeGreaterThan(0);
    expect(fetched.bytes).toBeLessThan(LONG_BYTES);
    expect(worker.worker.running).toBe(0);
    client.destroy();

    const answer = (await (await detect(job)).json()) as Record<string, unknown>;
    expect(answer).toMatchObject({ results_s3_key: `detections/${job.job_id}.json`, job_id: job.job_id });
    expect(answer.padding === padding).toBe(true);
  });

  it('cuts a client off that takes nothing of its answer for a minute', async () => {
    analyse = async (request) => {
      const analysis = emptyAnalysis(request);
      return { ...analysis, json: new Blob([await analysis.json.text(), ' '.repeat(LONG_BYTES)]) };
    };
    const patience = jest.spyOn(ServerResponse.prototype, 'setTimeout').mockReturnThis();
    const client = await detectAndReadNothing(uniqueJob('asleep'));
    const [limitMs, cutOff] = patience.mock.calls[0] ?? [];
    const answer = patience.mock.contexts[0] as ServerResponse | undefined;
    patience.mockRestore();
    expect({ limitMs, isCutOff: answer?.destroyed }).toEqual({ limitMs: 60_000, isCutOff: false });
    cutOff?.();
    expect(answer?.destroyed).toBe(true);
    client.destroy();
  });

  it('breaks the answer off when the result is replaced while it is read', async () => {
    const job = uniqueJob('replaced');
    const key = `detections/${job.job_id}.json`;
    analyse = async (request) => {
      const analysis = emptyAnalysis(request);
      return { ...analysis, json: new Blob([await analysis.json.text(), ' '.repeat(LONG_BYTES)]) };
    };
    const response = await detect(job);
    expect(response.status).toBe(200);
    await putObject(cloud, key, '{}');
    await expect(response.text()).rejects.toThrow();
  });

  it('puts a job that calls back on the queue, and says so', async () => {
    const release = Promise.withResolvers<void>();
    analyse = analysisUntil(release.promise);
    const busy = detect(uniqueJob('busy'));
    await until(() => worker.requests.length === 1);
    const job = { ...uniqueJob('later'), callback_url: 'https://example.com/hook' };
    const response = await detect(job);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ job_id: job.job_id, status: 'queued', frames: [] });
    // The slot that is lent may have had it for a moment, and given it back.
    let bodies: (string | undefined)[] = [];
    await until(async () => {
      bodies = (await receive(cloud, queue.url)).map(({ Body }) => Body);
      return bodies.length > 0;
    });
    expect(bodies.map((body) => JSON.parse(body ?? '') as unknown)).toEqual([job]);
    release.resolve();
    expect((await busy).status).toBe(200);
  });

  it('takes a slot from the queue while it runs, and gives it back', async () => {
    const release = Promise.withResolvers<void>();
    analyse = analysisUntil(release.promise);
    const first = detect(uniqueJob('first'));
    await until(() => worker.requests.length === 1);
    const queued = uniqueJob('queued');
    await sendMessage(cloud, queue.url, queued);
    await until(async () => (await queueDepth(cloud, queue.url)).visible === 1);
    expect(worker.requests).toHaveLength(1);

    release.resolve();
    expect((await first).status).toBe(200);
    await until(() => worker.outcomes.length === 1);
    expect(worker.requests.map(({ jobId }) => jobId)).toContain(queued.job_id);
  });

  it('is told to come back when every slot is taken, by the queue or by others', async () => {
    const release = Promise.withResolvers<void>();
    analyse = analysisUntil(release.promise);
    await sendMessage(cloud, queue.url, uniqueJob('queued'));
    await until(() => worker.requests.length === 1);
    const response = await detect(uniqueJob('refused'));
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toEqual({ detail: 'every slot is taken: try again later' });
    release.resolve();
    await until(() => worker.outcomes.length === 1);
  });

  it('and the queue never run more jobs than there are slots, and lose none', async () => {
    let running = 0;
    let most = 0;
    analyse = async (request) => {
      running += 1;
      most = Math.max(most, running);
      await sleep(5);
      running -= 1;
      return emptyAnalysis(request);
    };
    const rounds = Array.from({ length: 12 }, (_, i) => i);
    for (const i of rounds) await sendMessage(cloud, queue.url, uniqueJob(`queued-${i}`));
    const statuses = await Promise.all(
      rounds.map(async (i) => {
        let status = 429;
        while (status === 429) {
          await sleep(i);
          status = (await detect(uniqueJob(`http-${i}`))).status;
        }
        return status;
      }),
    );
    expect(statuses).toEqual(rounds.map(() => 200));
    await until(() => worker.outcomes.length === rounds.length);
    expect(most).toBe(1);
    expect(await receive(cloud, queue.deadLetterUrl)).toEqual([]);
  });

  it('stops the work of a client that is gone, and stores nothing', async () => {
    const job = uniqueJob('abandoned');
    let reason: unknown;
    analyse = async (request, onProgress, signal) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      return await analysisUntil(new Promise(() => {}))(request, onProgress, signal);
    };
    const client = new AbortController();
    const abandoned = detect(job, { signal: client.signal });
    await until(() => worker.requests.length === 1);
    client.abort();
    await expect(abandoned).rejects.toThrow();
    await until(() => reason !== undefined);
    expect(reason).toMatchObject({ code: 'CLIENT_DISCONNECTED' });

    analyse = async (request) => emptyAnalysis(request);
    await until(async () => (await detect(job)).status === 200);
    expect(worker.requests).toHaveLength(2);
  });

  it('asks for patience when a dependency has a bad moment', async () => {
    analyse = async () => {
      throw new WorkerError('DECODER_FAILED', 'the decoder had a bad moment');
    };
    const response = await detect(uniqueJob('unlucky'));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).not.toBeNull();
    expect(await response.json()).toEqual({ detail: 'the decoder had a bad moment' });
  });

  it('takes no job while the worker takes none', async () => {
    await worker.worker.stop(0);
    expect((await detect(uniqueJob('late'))).status).toBe(503);
  });

  it('refuses a job_id that has a result of another request', async () => {
    const job = uniqueJob('taken');
    await detect(job);
    const response = await detect({ ...job, frame_interval_seconds: 1 });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain('frame_interval_seconds was 2 and is now 1');
  });

  it.each([
    ['no JSON', 'hello', 422],
    ['no job', '{}', 422],
    ['an invalid job', '{"job_id":"a","video_s3_key":""}', 422],
    ['a bucket that is not allowed', '{"job_id":"a","video_s3_key":"a","video_s3_bucket":"private"}', 422],
    ['more than any job', `{"job_id":"${'x'.repeat(1_100_000)}"}`, 413],
  ])('refuses %s', async (_, body, status) => {
    const response = await detect(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ detail: expect.any(String) });
  });

  it('is no GET', async () => {
    expect((await fetch(`http://127.0.0.1:${server.port}/detect`)).status).toBe(405);
  });

  it('asks for the bearer token, where there is one', async () => {
    const guarded = await serve(TOKEN);
    try {
      const withToken = async (authorization?: string) =>
        await detect(
          uniqueJob('token'),
          authorization === undefined ? {} : { headers: { authorization } },
          guarded.port,
        );
      for (const authorization of [
        undefined,
        'Bearer',
        'Bearer wrong',
        `Basic ${TOKEN}`,
        `Bearer ${TOKEN}x`,
      ]) {
        const refused = await withToken(authorization);
        expect(refused.status).toBe(401);
        expect(refused.headers.get('www-authenticate')).toBe('Bearer');
        await refused.text();
      }
      expect((await withToken(`Bearer ${TOKEN}`)).status).toBe(200);
    } finally {
      await guarded.close();
    }
  });
});
