import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { untilArrived } from '../../src/arrivals.ts';
import { createS3Client } from '../../src/aws/clients.ts';
import { downloadObject, type TransferOptions } from '../../src/aws/s3-download.ts';
import type { ByteRange } from '../../src/byte-ranges.ts';
import { WorkerError } from '../../src/errors.ts';
import type { ArrivingParts, DownloadOptions, DownloadPlan, PlanDownload } from '../../src/worker/ports.ts';
import { BUCKET, putObject, REGION, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts';

const VIDEO = randomBytes(10_000_000);
const LOCATION = { bucket: BUCKET, key: 'video.mp4' };
const FAST = { idleTimeoutMs: 500, backOff: { baseMs: 5, maxMs: 5 } };
const NEVER = new AbortController().signal;

const PLANNED = [
  { start: 1_000_000, end: 1_200_000 },
  { start: 5_000_000, end: 5_100_000 },
  { start: 9_900_000, end: 10_000_000 },
];
/** A plan of these parts, without more. */
function of(parts: DownloadPlan['parts']): DownloadPlan {
  return { parts, opening: null, fillers: [], windows: null };
}

/** Looks at the start and the end of the video, then names what it needs. */
const plan: PlanDownload = async (bytes, read) => {
  expect(VIDEO.subarray(0, 1000).equals(await read({ start: 0, end: 1000 }))).toBe(true);
  expect(VIDEO.subarray(-500).equals(await read({ start: bytes - 500, end: bytes }))).toBe(true);
  return of([{ start: 0, end: 1000 }, ...PLANNED]);
};

describe('a download by plan', () => {
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
    folder = await mkdtemp(join(tmpdir(), 'planned-'));
  });

  afterEach(async () => {
    proxy.rule = () => null;
    await rm(folder, { recursive: true });
  });

  const video = () => join(folder, 'video');
  const download = (options: Partial<DownloadOptions> & TransferOptions = {}, signal = NEVER) =>
    downloadObject(s3, LOCATION, video(), { maxBytes: 2e7, plan, ...FAST, ...options }, signal);

  /** Breaks the first `count` requests for planned parts. */
  function breakParts(count: number, fault: Fault): void {
    let left = count;
    proxy.rule = ({ headers }) => (headers.range?.startsWith('bytes=5000000') && left-- > 0 ? fault : null);
  }

  it('copies what was read and what was named, and nothing else, in a file of the full size', async () => {
    const copy = await download();
    expect(copy).toMatchObject({ bytes: VIDEO.length, bytesFetched: 401_000 });
    expect(copy.parts).toEqual([{ start: 0, end: 1000 }, ...PLANNED]);
    const expected = Buffer.alloc(VIDEO.length);
    for (const { start, end } of copy.parts ?? []) VIDEO.copy(expected, start, start, end);
    expect(expected.equals(await readFile(video()))).toBe(true);
  });

  it('asks for every part of the same version', async () => {
    const before = proxy.seen.length;
    const { etag } = await download();
    const [, ...parts] = proxy.seen.slice(before);
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.every(({ headers }) => headers['if-match'] === etag)).toBe(true);
  });

  it('writes what makes readers pass over its holes, and takes it away when it is completed', async () => {
    const bytes = Buffer.from('a hole');
    const fillers = [{ start: 1_200_000, bytes }];
    const copy = await download({ plan: async () => ({ ...of(PLANNED), fillers }) });
    expect(copy.parts?.[0]).toEqual({ start: 1_000_000, end: 1_200_006 });
    expect((await readFile(video())).subarray(1_200_000, 1_200_006).equals(bytes)).toBe(true);
    await copy.complete(NEVER);
    expect(VIDEO.equals(await readFile(video()))).toBe(true);
  });

  it('can be completed: only what is missing is fetched', async () => {
    const copy = await download();
    const whole = await copy.complete(NEVER);
    expect(whole).toMatchObject({ parts: null, bytesFetched: VIDEO.length });
    expect(VIDEO.equals(await readFile(video()))).toBe(true);
  });

  it.each([
    ['has no answer', null],
    ['names nearly everything', [{ start: 0, end: 8_000_000 }]],
    [
      'names too many pieces',
      Array.from({ length: 40 }, (_, i) => ({ start: i * 250_000, end: i * 250_000 + 9 })),
    ],
  ])('copies the whole when the plan %s', async (_name, ranges) => {
    const copy = await download({ plan: async () => (ranges === null ? null : of(ranges)) });
    expect(copy).toMatchObject({ parts: null, bytesFetched: VIDEO.length });
    expect(VIDEO.equals(await readFile(video()))).toBe(true);
  });

  it('follows the plan all the same where it is told to', async () => {
    const parts = [{ start: 0, end: 9_000_000 }];
    const copy = await download({ plan: async () => of(parts), alwaysByPlan: true });
    expect(copy).toMatchObject({ parts, bytesFetched: 9_000_000 });
  });

  it('believes no plan that names bytes beyond the end', async () => {
    const far = [
      { start: 9_999_000, end: 1e15 },
      { start: 1e15, end: 1e15 + 10 },
    ];
    const copy = await download({ plan: async () => of(far) });
    expect(copy).toMatchObject({ parts: [{ start: 9_999_000, end: VIDEO.length }], bytesFetched: 1000 });
  });

  it('makes no plan for a small video', async () => {
    await putObject(cloud, 'small.mp4', VIDEO.subarray(0, 1_000_000));
    const location = { bucket: BUCKET, key: 'small.mp4' };
    const unplanned: PlanDownload = () => Promise.reject(new Error('asked for a plan'));
    const options = { maxBytes: 2e7, plan: unplanned };
    expect(await downloadObject(s3, location, video(), options, NEVER)).toMatchObject({ parts: null });
  });

  it.each([
    ['stalls', { stallAfterBytes: 10_000 }],
    ['breaks off', { dropAfterBytes: 10_000 }],
    ['is refused with a server error', { status: 500, code: 'InternalError' }],
  ])('resumes a part that %s', async (_name, fault) => {
    breakParts(3, fault);
    const copy = await download();
    const bytes = await readFile(video());
    expect(bytes.subarray(5_000_000, 5_100_000).equals(VIDEO.subarray(5_000_000, 5_100_000))).toBe(true);
    expect(copy.bytesFetched).toBe(401_000);
  });

  it('never mixes two versions of the object', async () => {
    breakParts(Number.POSITIVE_INFINITY, { status: 412, code: 'PreconditionFailed' });
    await expect(download()).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('was replaced while it was downloaded'),
    });
  });

  it('gives up on an object that has become shorter', async () => {
    breakParts(Number.POSITIVE_INFINITY, { status: 416, code: 'InvalidRange' });
    await expect(download()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });

  describe('whose opening is enough to begin with', () => {
    const parts = [{ start: 0, end: 1000 }, ...PLANNED];
    const opening = parts.slice(0, 2);
    const early: Partial<DownloadOptions> = { plan: async () => ({ ...of(parts), opening }) };
    const [, , second, third] = parts as [ByteRange, ByteRange, ByteRange, ByteRange];

    it('is handed out with it, while the rest arrives', async () => {
      breakParts(1, { stallAfterBytes: 10_000 });
      // The part stalls for longer than everything before its arrival takes.
      const copy = await download({ ...early, idleTimeoutMs: 5000 });
      expect(copy.parts).toEqual(parts);
      const { arrivals, done } = copy.arriving as ArrivingParts;
      expect(arrivals.parts).toEqual([second, third]);
      expect(await untilArrived(arrivals, third)).toBe(true);
      expect(copy.bytesFetched).toBeLessThan(401_000);
      expect(await untilArrived(arrivals, second)).toBe(true);
      await done;
      expect(copy.bytesFetched).toBe(401_000);
      const bytes = await readFile(video());
      for (const { start, end } of parts)
        expect(bytes.subarray(start, end).equals(VIDEO.subarray(start, end))).toBe(true);
    });

    it('is handed out early as well where nearly everything is named: then the whole arrives', async () => {
      const nearly = [{ start: 0, end: 9_000_000 }];
      const copy = await download({ plan: async () => ({ ...of(nearly), opening }) });
      expect(copy.parts).toEqual([{ start: 0, end: VIDEO.length }]);
      expect(copy.arriving?.arrivals.parts.length).toBeGreaterThan(0);
      await copy.arriving?.done;
      expect(copy.bytesFetched).toBe(VIDEO.length);
      expect(VIDEO.equals(await readFile(video()))).toBe(true);
    });

    it('tells whoever waits when the rest does not come', async () => {
      breakParts(Number.POSITIVE_INFINITY, { status: 412, code: 'PreconditionFailed' });
      const { arrivals, done } = (await download(early)).arriving as ArrivingParts;
      expect(await untilArrived(arrivals, second)).toBe(false);
      await expect(done).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    });

    it('stops fetching when aborted', async () => {
      breakParts(1, { stallAfterBytes: 10_000 });
      const controller = new AbortController();
      const { arrivals, done } = (await download(early, controller.signal)).arriving as ArrivingParts;
      const reason = new WorkerError('SHUTTING_DOWN', 'stop');
      controller.abort(reason);
      expect(await untilArrived(arrivals, second)).toBe(false);
      await expect(done).rejects.toBe(reason);
    });

    it('can be completed afterwards', async () => {
      const copy = await download(early);
      await copy.arriving?.done;
      expect(await copy.complete(NEVER)).toMatchObject({ parts: null, arriving: null });
      expect(VIDEO.equals(await readFile(video()))).toBe(true);
    });
  });

  it('refuses what does not fit the disk before it is written', async () => {
    const spareDiskBytes = Number.MAX_SAFE_INTEGER;
    await expect(download({ spareDiskBytes })).rejects.toMatchObject({ code: 'DISK_FULL' });
  });

  it.each([
    ['while it plans', (range: string) => range.startsWith('bytes=0-999')],
    ['between its parts', (range: string) => range.startsWith('bytes=5000000')],
  ])('stops at once when aborted %s, with the reason', async (_name, isStopped) => {
    proxy.rule = ({ headers }) => (isStopped(headers.range ?? '') ? { stallAfterBytes: 10 } : null);
    const controller = new AbortController();
    const reason = new WorkerError('SHUTTING_DOWN', 'stop');
    const stopped = downloadObject(
      s3,
      LOCATION,
      video(),
      { maxBytes: 2e7, plan, idleTimeoutMs: 60_000 },
      controller.signal,
    );
    setTimeout(() => controller.abort(reason), 100);
    await expect(stopped).rejects.toBe(reason);
  });
});
