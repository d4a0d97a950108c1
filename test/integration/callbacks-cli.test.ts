import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyWebhook } from '../../src/contract/webhook-signature.ts';
import { type CallbackReceiver, startCallbackReceiver } from '../helpers/callback-receiver.ts';
import {
  BUCKET,
  createQueue,
  putObject,
  REGION,
  sendMessage,
  startCloud,
  type TestCloud,
} from '../helpers/cloud.ts';
import { startWorker } from '../helpers/test-worker.ts';
import { until } from '../helpers/until.ts';

const ROOT = join(import.meta.dirname, '../..');
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('the command that sends callbacks again', () => {
  let cloud: TestCloud;
  let receiver: CallbackReceiver;
  let env: Record<string, string>;

  /** Two finished jobs: the first had a callback, the second had none. */
  beforeAll(async () => {
    cloud = await startCloud();
    receiver = await startCallbackReceiver();
    const { url: queueUrl } = await createQueue(cloud, 'jobs');
    await putObject(cloud, 'a.mp4', 'video');
    const worker = await startWorker(cloud, { queueUrl });
    const job = { video_s3_key: 'a.mp4' };
    await sendMessage(cloud, queueUrl, { ...job, job_id: 'with-callback', callback_url: receiver.url });
    await sendMessage(cloud, queueUrl, { ...job, job_id: 'without-callback' });
    await until(() => worker.outcomes.length === 2);
    await worker.stop();
    env = {
      PATH: process.env.PATH ?? '',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: cloud.endpoint,
      SQS_QUEUE_URL: queueUrl,
      S3_BUCKET: BUCKET,
      CALLBACK_ALLOW_HOSTS: '127.0.0.1',
      CALLBACK_SECRETS: SECRET,
      CALLBACK_ATTEMPTS: '1',
    };
  });
  afterAll(async () => {
    await receiver.close();
    await cloud.stop();
  });

  interface Ending {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
  }

  const callbacks = (...args: string[]) => callbacksWith({}, ...args);

  function callbacksWith(settings: Record<string, string>, ...args: string[]): Promise<Ending> {
    return new Promise((resolve) => {
      const program = [join(ROOT, 'src/callbacks-cli.ts'), ...args];
      execFile(process.execPath, program, { env: { ...env, ...settings } }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });
  }

  it('delivers the same event with the same id, signed anew', async () => {
    const [first] = receiver.received;
    const { code, stdout } = await callbacks('resend', 'with-callback');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^with-callback: evt_\w+ sent to http:\/\/127\.0\.0\.1:\d+\n$/);
    const again = receiver.received.at(-1);
    if (first === undefined || again === undefined) throw new Error('no callback');
    expect(verifyWebhook(again.headers, again.rawBody, SECRET).id).toBe(first.headers['webhook-id']);
    expect(again.event.data).toEqual(first.event.data);
  });

  it('delivers to another URL when told so', async () => {
    const { code } = await callbacks('resend', 'without-callback', '--url', receiver.url);
    expect(code).toBe(0);
    expect(receiver.received.at(-1)?.event.data.job_id).toBe('without-callback');
  });

  it('says so when the receiver does not want it any more', async () => {
    const leaving = await startCallbackReceiver((response) => response.writeHead(410).end());
    const { code, stdout } = await callbacks('resend', 'with-callback', '--url', leaving.url);
    await leaving.close();
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^with-callback: evt_\w+ not wanted any more \(HTTP 410\) by http:\/\/127\.0\.0\.1:\d+\n$/,
      ),
    });
  });

  it('says whether it was sent, or is left to the callback queue', async () => {
    const { url: CALLBACK_QUEUE_URL } = await createQueue(cloud, 'callbacks');
    const down = await startCallbackReceiver((response) => response.writeHead(503).end());
    const sent = await callbacksWith({ CALLBACK_QUEUE_URL }, 'resend', 'with-callback');
    const left = await callbacksWith({ CALLBACK_QUEUE_URL }, 'resend', 'with-callback', '--url', down.url);
    await down.close();
    expect(sent.stdout).toMatch(/^with-callback: evt_\w+ sent to http/);
    expect(left).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^with-callback: evt_\w+ left to the callback queue for http/),
    });
  });

  it('says of each job what is wrong, and goes on with the next', async () => {
    const before = receiver.received.length;
    const { code, stderr, stdout } = await callbacks(
      'resend',
      'unknown',
      'without-callback',
      'with-callback',
    );
    expect(code).toBe(2);
    expect(stderr).toContain(
      'unknown: JOB_INVALID: job unknown has no result at s3://videos/detections/unknown.json',
    );
    expect(stderr).toContain(
      'without-callback: JOB_INVALID: job without-callback has no callback URL stored: name one with --url',
    );
    expect(stdout).toMatch(/^with-callback: /);
    expect(receiver.received).toHaveLength(before + 1);
  });

  it('names each job whose receiver does not answer, however long they take in all', async () => {
    const deaf = await startCallbackReceiver(() => {});
    const jobs = ['with-callback', 'without-callback'];
    const settings = { JOB_TIMEOUT_SECONDS: '1', CALLBACK_TIMEOUT_SECONDS: '1' };
    const { code, stderr } = await callbacksWith(settings, 'resend', ...jobs, '--url', deaf.url);
    await deaf.close();
    expect(code).toBe(2);
    const lines = jobs.map((job) => expect.stringMatching(`^${job}: CALLBACK_FAILED: .* no answer within`));
    expect(stderr.trim().split('\n')).toEqual(lines);
  });

  it('explains itself', async () => {
    expect(await callbacks('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('resend JOB_ID'),
    });
    expect(await callbacks('send', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--help'),
    });
    expect(await callbacks('--all')).toMatchObject({ code: 2, stderr: expect.stringContaining('--all') });
  });
});
