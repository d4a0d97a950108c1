import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { describeSettings, printConfig, readConfig, readEnvironment } from '../src/config.ts';
import { WorkerError } from '../src/errors.ts';
import type { Setting } from '../src/setting.ts';
import { SETTINGS } from '../src/settings.ts';
import { MAX_HOLD_SECONDS } from '../src/worker/lease.ts';

const REQUIRED = { SQS_QUEUE_URL: 'http://localhost:4566/000000000000/jobs', S3_BUCKET: 'videos' };

function problemsOf(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(WorkerError);
    expect((error as WorkerError).code).toBe('CONFIG_INVALID');
    return (error as WorkerError).message;
  }
  throw new Error('the configuration was accepted');
}

describe('readConfig', () => {
  it('needs only a queue and a bucket, and fills in the rest', () => {
    const config = readConfig(REQUIRED);
    expect(config).toMatchObject({
      queueUrl: REQUIRED.SQS_QUEUE_URL,
      bucket: 'videos',
      resultPrefix: 'detections/',
      frameIntervalSeconds: 2,
      samplingToleranceSeconds: 0,
      maxConcurrentJobs: 2,
      port: 8000,
      logLevel: 'info',
    });
    expect(config.resultBucket).toBeUndefined();
    expect(config.callbackAllowHosts).toEqual([]);
  });

  it('lists every problem at once, each with the name of its setting', () => {
    const message = problemsOf({
      FRAME_INTERVAL_SECONDS: '0',
      MAX_CONCURRENT_JOBS: 'two',
      LOG_LEVEL: 'loud',
    });
    for (const name of [
      'SQS_QUEUE_URL',
      'S3_BUCKET',
      'FRAME_INTERVAL_SECONDS',
      'MAX_CONCURRENT_JOBS',
      'LOG_LEVEL',
    ]) {
      expect(message).toContain(name);
    }
    expect(message).toContain('5 problems');
  });

  it('names the range of a number that is out of it', () => {
    const message = problemsOf({
      ...REQUIRED,
      FACE_INPUT_SIZE: '99968',
      POSE_CONFIDENCE_THRESHOLD: '2',
      TRACKING_MAX_AGE: '0',
      MAX_CONCURRENT_JOBS: '1.5',
    });
    expect(message).toMatch(/FACE_INPUT_SIZE.*must be 64 to 4096/);
    expect(message).toMatch(/POSE_CONFIDENCE_THRESHOLD.*must be 0 to 1/);
    expect(message).toMatch(/TRACKING_MAX_AGE.*must be 1 to 100000/);
    expect(message).toMatch(/MAX_CONCURRENT_JOBS.*must be a whole number/);
  });

  it('allows no deadline that SQS would be faster with: every job ends before its twelfth hour', () => {
    const longest = 42_000;
    expect(readConfig({ ...REQUIRED, JOB_TIMEOUT_SECONDS: String(longest) }).jobTimeoutSeconds).toBe(longest);
    expect(problemsOf({ ...REQUIRED, JOB_TIMEOUT_SECONDS: String(longest + 1) })).toContain(
      'JOB_TIMEOUT_SECONDS',
    );
    // A quarter of an hour to store the failure and to tell the receiver.
    expect(longest).toBeLessThan(MAX_HOLD_SECONDS - 900);
  });

  it('takes an empty variable for an unset one', () => {
    expect(readConfig({ ...REQUIRED, PORT: '' }).port).toBe(8000);
  });

  it.each([
    ['PORT', ' '],
    ['PORT', '0x50'],
    ['FACE_CONFIDENCE_THRESHOLD', '\t'],
    ['MIN_FREE_DISK_BYTES', '0x10'],
    ['MIN_FREE_DISK_BYTES', 'Infinity'],
  ])('takes %s="%s" for no number', (name, value) => {
    expect(problemsOf({ ...REQUIRED, [name]: value })).toMatch(new RegExp(`${name}=.*must be a`));
  });

  it('reads decimal numbers in all their forms', () => {
    const config = readConfig({
      ...REQUIRED,
      PORT: ' 80 ',
      FACE_CONFIDENCE_THRESHOLD: '.25',
      MIN_FREE_DISK_BYTES: '1e6',
    });
    expect(config).toMatchObject({ port: 80, faceConfidenceThreshold: 0.25, minFreeDiskBytes: 1_000_000 });
  });

  it.each([
    ['AWS_ENDPOINT_URL', 'localhost:4566'],
    ['AWS_ENDPOINT_URL', 'ftp://localhost'],
    ['SQS_QUEUE_URL', 'ftp://localhost/jobs'],
    ['CALLBACK_QUEUE_URL', 'sqs:callbacks'],
    ['ECS_AGENT_URI', 'file:///agent'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ])('takes %s=%s for no address', (name, value) => {
    expect(problemsOf({ ...REQUIRED, [name]: value })).toContain(
      `${name}=${value}: must be a URL that begins with http:// or https://`,
    );
  });

  it('takes no queue for callbacks that cannot delay them one by one, and none that is the queue of the jobs', () => {
    const fifo = `${REQUIRED.SQS_QUEUE_URL}.fifo`;
    expect(readConfig({ ...REQUIRED, SQS_QUEUE_URL: fifo }).queueUrl).toBe(fifo);
    expect(problemsOf({ ...REQUIRED, CALLBACK_QUEUE_URL: fifo })).toContain(
      `CALLBACK_QUEUE_URL=${fifo}: must be a standard queue`,
    );
    const noUrl = problemsOf({ ...REQUIRED, CALLBACK_QUEUE_URL: 'callbacks.fifo' });
    expect(noUrl).toContain('CALLBACK_QUEUE_URL=callbacks.fifo: must be a URL');
    expect(noUrl).not.toContain('must be a standard queue');
    const same = problemsOf({ ...REQUIRED, CALLBACK_QUEUE_URL: REQUIRED.SQS_QUEUE_URL, PORT: 'none' });
    expect(same).toContain(
      `CALLBACK_QUEUE_URL=${REQUIRED.SQS_QUEUE_URL}: must be another queue than SQS_QUEUE_URL`,
    );
    expect(same).toContain('2 problems');
  });

  it.each([
    ['S3_BUCKET', 's3://media', ''],
    ['RESULT_BUCKET', 'media/results', ''],
    ['ALLOWED_VIDEO_BUCKETS', 'films,s3://more', '"s3://more" '],
    ['ALLOWED_VIDEO_BUCKETS', 'arn:aws:s3:::films', '"arn:aws:s3:::films" '],
  ])('takes %s=%s for no bucket', (name, value, item) => {
    expect(problemsOf({ ...REQUIRED, [name]: value })).toContain(
      `${name}=${value}: ${item}must be the name of a bucket alone, without s3:// and key`,
    );
  });

  it('takes the ARN of an access point for a bucket', () => {
    const arn = 'arn:aws:s3:eu-central-1:123456789012:accesspoint/media';
    expect(readConfig({ ...REQUIRED, S3_BUCKET: arn }).bucket).toBe(arn);
  });

  it.each([
    ['http://localhost:3000'],
    ['localhost/hook'],
    ['*.corp.internal'],
    ['::1'],
    ['10.1'],
    ['user@receiver'],
  ])('takes "%s" for no host of a URL, which would never be met', (host) => {
    expect(problemsOf({ ...REQUIRED, CALLBACK_ALLOW_HOSTS: `receiver,${host}` })).toContain(
      `"${host}" must be a host as it stands in a URL`,
    );
  });

  it('takes hosts as they stand in URLs, with and without a port', () => {
    const hosts = ['localhost', 'Receiver.Corp.Internal:3000', '10.0.0.7:80', 'receiver:443', '[::1]:3000'];
    expect(readConfig({ ...REQUIRED, CALLBACK_ALLOW_HOSTS: hosts.join(', ') }).callbackAllowHosts).toEqual(
      hosts,
    );
  });

  it('reads lists with spaces and empty items', () => {
    expect(readConfig({ ...REQUIRED, ALLOWED_VIDEO_BUCKETS: ' a, ,b,' }).allowedVideoBuckets).toEqual([
      'a',
      'b',
    ]);
  });

  it('logs at debug when DEBUG is set', () => {
    expect(readConfig({ ...REQUIRED, DEBUG: 'true', LOG_LEVEL: 'error' }).logLevel).toBe('debug');
  });
});

describe('readEnvironment', () => {
  it('lets the environment win over .env, and works without one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'));
    expect(readEnvironment({ PORT: '1' }, folder)).toEqual({ PORT: '1' });
    writeFileSync(join(folder, '.env'), 'PORT=2\nS3_BUCKET="from file"\n');
    expect(readEnvironment({ PORT: '1' }, folder)).toEqual({ PORT: '1', S3_BUCKET: 'from file' });
  });

  it('lets an empty variable, which is an unset one, hide nothing of .env', () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'));
    writeFileSync(join(folder, '.env'), 'PORT=9000\n');
    expect(readEnvironment({ PORT: '' }, folder)).toEqual({ PORT: '9000' });
  });
});

describe('help and printed configuration', () => {
  it('name every setting', () => {
    const help = describeSettings();
    const printed = printConfig(readConfig(REQUIRED));
    for (const { name } of Object.values(SETTINGS)) {
      expect(help).toContain(`  ${name}\n`);
      expect(printed).toMatch(new RegExp(`^${name}=`, 'm'));
    }
  });

  it('show no secret, nor does the problem with one', () => {
    const secrets: Readonly<Record<string, string>> = {
      CALLBACK_SECRETS: `whsec_${Buffer.from('a secret nobody may read').toString('base64')}`,
      HTTP_DETECT_TOKEN: 'a-token-nobody-may-read',
    };
    const names = Object.values(SETTINGS as Readonly<Record<string, Setting<unknown>>>)
      .filter(({ secret }) => secret === true)
      .map(({ name }) => name);
    expect(names.toSorted()).toEqual(Object.keys(secrets).toSorted());
    const printed = printConfig(readConfig({ ...REQUIRED, ...secrets }));
    for (const name of names) {
      expect(printed).not.toContain(secrets[name]);
      expect(printed).toContain(`${name}=[redacted]\n`);
    }
    expect(problemsOf({ ...REQUIRED, CALLBACK_SECRETS: 'not-a-webhook-secret' })).not.toContain(
      'not-a-webhook-secret',
    );
  });
});
