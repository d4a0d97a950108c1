import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startWorkerProcess, type WorkerProcess } from '../../demo/worker-process.ts';
import { signWebhook } from '../../src/contract/webhook-signature.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';
import {
  BUCKET,
  createQueue,
  putObject,
  REGION,
  receive,
  startCloud,
  type TestCloud,
} from '../helpers/cloud.ts';
import { until } from '../helpers/until.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const OLD_SECRET = `whsec_${randomBytes(32).toString('base64')}`;

interface Detection {
  readonly jobId: string;
  readonly status: string;
  readonly ending: { readonly summary: { readonly total_frames: number } } | null;
}

/** The example as a user has it: its own folder, its packages, compiled. */
async function buildExample(folder: string): Promise<void> {
  await cp(join(ROOT, 'examples/nestjs'), folder, { recursive: true });
  const packages = join(folder, 'node_modules');
  await rm(packages, { recursive: true, force: true });
  await mkdir(packages);
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name !== 'clipping-worker') await symlink(join(ROOT, 'node_modules', name), join(packages, name));
  }
  await run(process.execPath, [
    join(ROOT, 'tools/contract-package/build.ts'),
    join(packages, 'clipping-worker'),
  ]);
  await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc')], { cwd: folder });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('the NestJS example', () => {
  let folder: string;
  let cloud: TestCloud;
  let worker: WorkerProcess;
  let jobsUrl: string;
  let url: string;
  const apps: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-'));
    await buildExample(folder);
    cloud = await startCloud();
    ({ url: jobsUrl } = await createQueue(cloud, 'detection-jobs'));
    const video = join(folder, 'video.mp4');
    const ffmpeg = findFfmpeg(process.env);
    const picture = ['-f', 'lavfi', '-i', 'testsrc=duration=2:size=320x180:rate=10', '-pix_fmt', 'yuv420p'];
    await run(ffmpeg, ['-loglevel', 'error', ...picture, video]);
    await putObject(cloud, 'videos/a.mp4', await readFile(video));
    url = await startApp(jobsUrl);
    worker = await startWorkerProcess({
      env: {
        ...awsEnv(),
        SQS_QUEUE_URL: jobsUrl,
        S3_BUCKET: BUCKET,
        MAX_CONCURRENT_JOBS: '1',
        CALLBACK_ALLOW_HOSTS: '127.0.0.1',
        CALLBACK_SECRETS: `${SECRET},${OLD_SECRET}`,
      },
      onLogLine: () => {},
    });
  }, 60_000);

  afterAll(async () => {
    await worker?.stop();
    for (const app of apps) {
      app.kill();
      if (app.exitCode === null) await once(app, 'exit');
    }
    await cloud?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function awsEnv(): Record<string, string> {
    return {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: cloud.endpoint,
    };
  }

  /** Resolves once the application listens; to the URL under which the worker reaches it. */
  async function startApp(queueUrl: string): Promise<string> {
    const port = await freePort();
    const publicUrl = `http://127.0.0.1:${port}`;
    const app = spawn(process.execPath, ['dist/main.js'], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        ...awsEnv(),
        PORT: String(port),
        PUBLIC_URL: publicUrl,
        DETECTION_QUEUE_URL: queueUrl,
        WEBHOOK_SECRETS: SECRET,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    apps.push(app);
    for await (const line of createInterface({ input: app.stdout })) {
      if (line.startsWith('listening')) break;
    }
    app.stdout.resume();
    return publicUrl;
  }

  async function post(target: string, body: string, headers: Record<string, string> = {}) {
    return await fetch(target, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  async function detection(jobId: string): Promise<Detection> {
    return (await (await fetch(`${url}/detections/${jobId}`)).json()) as Detection;
  }

  it('sends a job, is told by a signed webhook that it has ended, and reads the result', async () => {
    const accepted = await post(
      `${url}/detections`,
      '{"video_s3_key":"videos/a.mp4","frame_interval_seconds":1}',
    );
    expect(accepted.status).toBe(202);
    const { jobId } = (await accepted.json()) as Detection;
    await until(async () => (await detection(jobId)).status !== 'queued');
    expect(await detection(jobId)).toMatchObject({
      status: 'completed',
      ending: { summary: { total_frames: 2 } },
    });
    const tracks = await fetch(`${url}/detections/${jobId}/tracks`);
    expect(tracks.status).toBe(200);
    expect(await tracks.json()).toEqual([]);
  });

  it('learns of a failed job in the same way', async () => {
    const accepted = await post(`${url}/detections`, '{"video_s3_key":"videos/missing.mp4"}');
    const { jobId } = (await accepted.json()) as Detection;
    await until(async () => (await detection(jobId)).status !== 'queued');
    expect(await detection(jobId)).toMatchObject({
      status: 'failed',
      ending: { error: { code: 'VIDEO_NOT_FOUND' } },
    });
  });

  it.each([
    ['a job that the worker would refuse', { body: '{"video_s3_key":""}' }],
    ['a request without a video', { body: '{}' }],
    ['a request without a body', {}],
    ['a body that is no JSON', { body: 'videos/a.mp4', headers: { 'content-type': 'text/plain' } }],
  ])('refuses %s, before anything is sent', async (_name, request) => {
    const headers = { 'content-type': 'application/json' };
    const refused = await fetch(`${url}/detections`, { method: 'POST', headers, ...request });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('video_s3_key');
  });

  describe('receiving a webhook', () => {
    const event = (jobId: string, code = 'VIDEO_CORRUPT', at = new Date()) =>
      JSON.stringify({
        type: 'detection.failed',
        timestamp: at.toISOString(),
        data: {
          job_id: jobId,
          status: 'failed',
          error: { code, message: 'cut short', retryable: false },
          result: { bucket: BUCKET, key: `detections/${jobId}.json` },
        },
      });
    const completedEvent = (jobId: string, at: Date) =>
      JSON.stringify({
        type: 'detection.completed',
        timestamp: at.toISOString(),
        data: {
          job_id: jobId,
          status: 'completed',
          summary: {
            total_frames: 1,
            faces_detected: 0,
            poses_detected: 0,
            unique_face_tracks: 0,
            unique_pose_tracks: 0,
            processing_time_ms: 1,
          },
          result: { bucket: BUCKET, key: `detections/${jobId}.json` },
        },
      });
    const deliver = (body: string, headers: object) =>
      post(`${url}/webhooks/detection`, body, { ...headers });

    it('takes a genuine one, and handles its repetition only once', async () => {
      const body = event('genuine');
      const headers = signWebhook('evt_1', new Date(), body, [SECRET]);
      expect((await deliver(body, headers)).status).toBe(204);
      expect(await detection('genuine')).toMatchObject({ ending: { error: { code: 'VIDEO_CORRUPT' } } });

      const again = event('genuine', 'VIDEO_EMPTY');
      expect((await deliver(again, signWebhook('evt_1', new Date(), again, [SECRET]))).status).toBe(204);
      expect(await detection('genuine')).toMatchObject({ ending: { error: { code: 'VIDEO_CORRUPT' } } });
    });

    it('leaves a job as a later event has told it, when an earlier one comes afterwards', async () => {
      const now = Date.now();
      const earlier = event('overtaken', 'VIDEO_NOT_FOUND', new Date(now - 3_600_000));
      const later = event('overtaken', 'VIDEO_CORRUPT', new Date(now));
      const last = event('overtaken', 'VIDEO_EMPTY', new Date(now + 1));
      const endingAfter = async (id: string, body: string) => {
        expect((await deliver(body, signWebhook(id, new Date(), body, [SECRET]))).status).toBe(204);
        return (await detection('overtaken')).ending;
      };
      const corrupt = { error: { code: 'VIDEO_CORRUPT' } };
      expect(await endingAfter('evt_later', later)).toMatchObject(corrupt);
      expect(await endingAfter('evt_earlier', earlier)).toMatchObject(corrupt);
      expect(await endingAfter('evt_last', last)).toMatchObject({ error: { code: 'VIDEO_EMPTY' } });
    });

    it.each([
      ['JOB_CONFLICT', 'afterwards'],
      ['JOB_CONFLICT', 'before'],
      ['JOB_INVALID', 'afterwards'],
      ['JOB_INVALID', 'before'],
    ])(
      'leaves a job completed of which another request was refused with %s, whether that is told %s',
      async (code, when) => {
        const jobId = `${code}-${when}`;
        const now = Date.now();
        const completed = completedEvent(jobId, new Date(now - 1000));
        const refused = event(jobId, code, new Date(now));
        for (const body of when === 'before' ? [refused, completed] : [completed, refused]) {
          const headers = signWebhook(`evt_${jobId}_${body.length}`, new Date(), body, [SECRET]);
          expect((await deliver(body, headers)).status).toBe(204);
        }
        expect(await detection(jobId)).toMatchObject({
          status: 'completed',
          ending: { summary: { total_frames: 1 } },
        });
      },
    );

    it('rejects one that is forged, altered, replayed later, or not signed', async () => {
      const body = event('victim');
      const now = new Date();
      const genuine = signWebhook('evt_2', now, body, [SECRET]);
      const forged = signWebhook('evt_2', now, body, [`whsec_${randomBytes(32).toString('base64')}`]);
      const old = signWebhook('evt_2', new Date(now.getTime() - 301_000), body, [SECRET]);
      expect((await deliver(body, forged)).status).toBe(401);
      expect((await deliver(event('somebody-else'), genuine)).status).toBe(401);
      expect((await deliver(body, { ...genuine, 'webhook-id': 'evt_3' })).status).toBe(401);
      expect((await deliver(body, old)).status).toBe(401);
      expect((await deliver(body, signWebhook('evt_2', now, body, []))).status).toBe(401);
      expect((await deliver(body, {})).status).toBe(401);
      expect((await fetch(`${url}/detections/victim`)).status).toBe(404);
    });

    it('rejects a signed body that is no event', async () => {
      const body = '{"type":"something.else"}';
      expect((await deliver(body, signWebhook('evt_4', new Date(), body, [SECRET]))).status).toBe(400);
    });
  });

  it('sends each job once, in a group of its own, where the queue is FIFO', async () => {
    const attributes = { FifoQueue: 'true' };
    await cloud.sqs.send(
      new CreateQueueCommand({ QueueName: 'detection-jobs.fifo', Attributes: attributes }),
    );
    const fifoUrl = `${cloud.endpoint}/000000000000/detection-jobs.fifo`;
    const fifoApp = await startApp(fifoUrl);
    const { jobId } = (await (
      await post(`${fifoApp}/detections`, '{"video_s3_key":"videos/a.mp4"}')
    ).json()) as Detection;
    const [message] = await receive(cloud, fifoUrl);
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({
      job_id: jobId,
      callback_url: `${fifoApp}/webhooks/detection`,
    });
    expect(message?.Attributes).toMatchObject({ MessageGroupId: jobId, MessageDeduplicationId: jobId });
  });
});
