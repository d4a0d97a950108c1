import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createS3Client } from '../../src/aws/clients.ts';
import { downloadObject, type TransferOptions } from '../../src/aws/s3-download.ts';
import { WorkerError } from '../../src/errors.ts';
import { BUCKET, putObject, REGION, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts';

const VIDEO = randomBytes(1_000_000);
const LOCATION = { bucket: BUCKET, key: 'video.mp4' };
const FAST: TransferOptions = {
  partBytes: 256 * 1024,
  idleTimeoutMs: 500,
  backOff: { baseMs: 5, maxMs: 5 },
};

describe('downloadObject', () => {
  let cloud: TestCloud;
  let proxy: FaultProxy;
  let s3: S3Client;
  let folder: string;

  beforeAll(async () => {
    cloud = await startCloud();
    await putObject(cloud, LOCATION.key, VIDEO);
    proxy = await startFaultProxy(cloud.endpoint);
    s3 = createS3Client({ region: REGION, endpointUrl: proxy.endpoint });
  });

  afterAll(async () => {
    s3.destroy();
    await proxy.stop();
    await cloud.stop();
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'download-test-'));
  });

  afterEach(async () => {
    proxy.rule = () => null;
    await rm(folder, { recursive: true });
  });

  async function download(options: TransferOptions & { maxBytes?: number } = {}, signal?: AbortSignal) {
    const file = join(folder, 'video');
    const all = { maxBytes: 2_000_000, ...FAST, ...options };
    return await downloadObject(s3, LOCATION, file, all, signal ?? new AbortController().signal);
  }

  async function downloadError(...parameters: Parameters<typeof download>): Promise<WorkerError> {
    const error = await download(...parameters).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(WorkerError);
    return error as WorkerError;
  }

  async function downloaded(): Promise<Buffer> {
    return await readFile(join(folder, 'video'));
  }

  /** Breaks the first `count` requests for parts, and no request for the first byte. */
  function breakParts(count: number, fault: Fault): void {
    let left = count;
    proxy.rule = ({ headers }) => (headers.range !== 'bytes=0-0' && left-- > 0 ? fault : null);
  }

  it('copies every byte through parallel ranges into a file that only this user can read', async () => {
    const head = await download({ idleTimeoutMs: 30_000 });
    expect(head).toMatchObject({ bytes: VIDEO.length, etag: expect.stringMatching(/^".+"$/) });
    expect(VIDEO.equals(await downloaded())).toBe(true);
    const { mode } = await stat(join(folder, 'video'));
    expect(mode & 0o777).toBe(0o600);
    expect(proxy.seen.filter(({ headers }) => headers['if-match'] === head.etag)).toHaveLength(4);
  });

  it.each([
    ['stalls', { stallAfterBytes: 100_000 }],
    ['breaks off', { dropAfterBytes: 100_000 }],
    ['is refused with a server error', { status: 500, code: 'InternalError' }],
    ['is throttled', { status: 503, code: 'SlowDown' }],
  ])('resumes where it stopped when a body %s', async (_name, fault) => {
    breakParts(3, fault);
    await download();
    expect(VIDEO.equals(await downloaded())).toBe(true);
  });

  it('goes on for as long as every connection brings some new bytes', async () => {
    breakParts(12, { dropAfterBytes: 60_000 });
    await download({ maxFailures: 2, idleTimeoutMs: 30_000 });
    expect(VIDEO.equals(await downloaded())).toBe(true);
  });

  it('gives up with STORAGE_UNAVAILABLE when nothing arrives any more', async () => {
    breakParts(Number.POSITIVE_INFINITY, { stallAfterBytes: 0 });
    const error = await downloadError({ maxFailures: 2 });
    expect(error.code).toBe('STORAGE_UNAVAILABLE');
    // Even the answer to the first byte may be late on a busy machine.
    expect(error.message).toMatch(/nothing came for 500 ms|no answer within 500 ms/);
  });

  it('gives up on a server that does not even answer', async () => {
    breakParts(Number.POSITIVE_INFINITY, { hang: true });
    const error = await downloadError({ maxFailures: 2 });
    expect(error).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(error.message).toContain('no answer within 500 ms');
  });

  it('never mixes two versions of the object, and asks only once for the one that is gone', async () => {
    const location = { bucket: BUCKET, key: 'replaced.mp4' };
    await putObject(cloud, location.key, VIDEO);
    const before = proxy.seen.length;
    const options = {
      ...FAST,
      maxBytes: 2_000_000,
      parallelParts: 1,
      alwaysByPlan: true,
      // The plan is made between the first look at the object and its first part.
      plan: async () => {
        await putObject(cloud, location.key, randomBytes(VIDEO.length));
        return null;
      },
    };
    const file = join(folder, 'video');
    await expect(
      downloadObject(s3, location, file, options, new AbortController().signal),
    ).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      kind: 'retry',
      message: expect.stringContaining('the next attempt at its job reads the new version'),
    });
    expect(proxy.seen.slice(before).filter(({ headers }) => 'if-match' in headers)).toHaveLength(1);
  });

  it.each([
    [404, 'NoSuchKey', 'VIDEO_NOT_FOUND'],
    [404, 'NoSuchBucket', 'VIDEO_NOT_FOUND'],
    [403, 'AccessDenied', 'VIDEO_ACCESS_DENIED'],
    [403, 'InvalidObjectState', 'VIDEO_ACCESS_DENIED'],
    [416, 'InvalidRange', 'VIDEO_EMPTY'],
    [403, 'ExpiredToken', 'STORAGE_UNAVAILABLE'],
    [403, 'InvalidAccessKeyId', 'STORAGE_UNAVAILABLE'],
    [403, 'RequestTimeTooSkewed', 'STORAGE_UNAVAILABLE'],
  ])('understands HTTP %i %s as %s', async (status, code, expected) => {
    proxy.rule = () => ({ status, code });
    expect(await downloadError()).toMatchObject({ code: expected });
  });

  it('refuses an object over the limit before a byte is written', async () => {
    const error = await downloadError({ maxBytes: VIDEO.length - 1 });
    expect(error.code).toBe('VIDEO_TOO_LARGE');
    expect(error.message).toContain('MAX_VIDEO_BYTES');
    await expect(downloaded()).rejects.toThrow('ENOENT');
  });

  it('refuses a video that would fill the disk', async () => {
    expect(await downloadError({ spareDiskBytes: Number.MAX_SAFE_INTEGER })).toMatchObject({
      code: 'DISK_FULL',
    });
  });

  it('stops at once when aborted, with the reason', async () => {
    breakParts(Number.POSITIVE_INFINITY, { stallAfterBytes: 10 });
    const controller = new AbortController();
    const reason = new WorkerError('SHUTTING_DOWN', 'stop');
    const stopped = downloadError({ idleTimeoutMs: 60_000 }, controller.signal);
    setTimeout(() => controller.abort(reason), 50);
    expect(await stopped).toBe(reason);
  });
});
