import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { callbackBody } from '../../src/callback/callback-body.ts';
import { type DetectionEvent, detectionEvent, parseDetectionEvent } from '../../src/contract/callback.ts';
import { type CompletedResult, failedResult, parseDetectionResult } from '../../src/contract/result.ts';
import { WorkerError } from '../../src/errors.ts';
import type { ObjectStore } from '../../src/worker/ports.ts';
import type { ResultRecord } from '../../src/worker/provenance.ts';
import { encodeRecord } from '../../src/worker/result-metadata.ts';

const NEVER = new AbortController().signal;
const V1 = join(import.meta.dirname, '../fixtures/contract/v1');
const RESULT = readFileSync(join(V1, 'completed.result.json'));
const COMPLETED = parseDetectionEvent(readFileSync(join(V1, 'completed.event.json')));
const EXPIRES_AT = new Date('2026-11-22T19:00:00.000Z');
const FAILED = parseDetectionEvent(readFileSync(join(V1, 'failed.event.json')));

function compose(
  style: 'event' | 'result',
  presignSeconds = 0,
  stored: Uint8Array | null = RESULT,
  head?: ObjectStore['head'],
) {
  const body = callbackBody({
    style,
    presignSeconds,
    store: {
      head: head ?? (async () => (stored === null ? null : { bytes: stored.length, etag: '', metadata: {} })),
      get: async () => stored,
    },
    presign: async ({ bucket, key }, seconds) => ({
      url: `https://${bucket}.example.com/${key}?expires=${seconds}`,
      expiresAt: EXPIRES_AT,
    }),
  });
  return async (event: DetectionEvent) => Buffer.from(await body(event, NEVER)).toString();
}

describe('the body of a callback', () => {
  it('is the event as it is', async () => {
    expect(JSON.parse(await compose('event')(COMPLETED))).toEqual(COMPLETED);
    expect(JSON.parse(await compose('event')(FAILED))).toEqual(FAILED);
  });

  it('has a link to the result when one is asked for, and says until when it works', async () => {
    for (const event of [COMPLETED, FAILED]) {
      const { data } = parseDetectionEvent(await compose('event', 600)(event));
      expect(data.result.url).toBe(`https://media.example.com/${event.data.result.key}?expires=600`);
      expect(data.result.url_expires_at).toBe(EXPIRES_AT.toISOString());
    }
  });

  it('is the whole result in the original style', async () => {
    const body = JSON.parse(await compose('result')(COMPLETED)) as Record<string, unknown>;
    expect(body).toEqual({
      ...(JSON.parse(RESULT.toString()) as object),
      results_s3_key: COMPLETED.data.result.key,
    });
  });

  it('says of a failure why, in the original style', async () => {
    expect(JSON.parse(await compose('result')(FAILED))).toMatchObject({
      status: 'failed',
      frames: [],
      error: expect.stringContaining('does not exist'),
      error_code: 'VIDEO_NOT_FOUND',
    });
  });

  describe('of a failure, in the original style, has the interval', () => {
    const record: ResultRecord = {
      head: failedResult('job-1', { code: 'VIDEO_NOT_FOUND', message: 'upload it' }),
      provenance: {
        video: { bucket: 'media', key: 'a.mp4', etag: null },
        options: { frameIntervalSeconds: 3, detectFaces: true, detectPoses: true },
      },
      callbackUrl: null,
      messageId: null,
    };
    const { job_id, status, summary } = parseDetectionResult(RESULT.toString()) as CompletedResult;
    const completed = { ...record, head: { job_id, status, summary } };
    const storing = (stored: ResultRecord) => async () => ({
      bytes: 1,
      etag: '',
      metadata: encodeRecord(stored),
    });
    const unreachable = async () => {
      throw new WorkerError('STORAGE_UNAVAILABLE', 'S3 has a bad moment');
    };

    it.each([
      ['its stored result was to have', storing(record), 3000],
      ['0 when no result is stored', async () => null, 0],
      ['0 when S3 is down', unreachable, 0],
      ['0 when the job was too broken to have one', storing({ ...record, provenance: null }), 0],
      ['0 when the result of another request stands', storing(completed), 0],
    ])('%s', async (_, head, intervalMs) => {
      const body: unknown = JSON.parse(await compose('result', 0, RESULT, head)(FAILED));
      expect(body).toMatchObject({ status: 'failed', frame_interval_ms: intervalMs });
    });
  });

  it('cannot be made in the original style when the result is gone', async () => {
    await expect(compose('result', 0, null)(COMPLETED)).rejects.toThrow('is gone');
  });

  it('is not made of a result that takes too much memory, and says what to set', async () => {
    const large = new Uint8Array(100_000_001);
    await expect(compose('result', 0, large)(COMPLETED)).rejects.toMatchObject({
      code: 'CALLBACK_FAILED',
      message: expect.stringContaining(
        'has 100000001 bytes, and at most 100000000 are sent: set CALLBACK_STYLE',
      ),
    });
    expect(JSON.parse(await compose('event', 0, large)(COMPLETED))).toEqual(COMPLETED);
  });

  it('stays under 20 kB, whatever a failure has to say', async () => {
    const failure = failedResult('job-1', { code: 'JOB_INVALID', message: '動'.repeat(100_000) });
    const event = detectionEvent(failure, { bucket: 'media', key: 'k'.repeat(1024) }, new Date());
    expect(Buffer.byteLength(await compose('event', 600)(event))).toBeLessThan(20_000);
  });
});
