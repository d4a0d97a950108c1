import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createS3Client } from '../../src/aws/clients.ts';
import { S3Store } from '../../src/aws/s3-store.ts';
import { WorkerError } from '../../src/errors.ts';
import { BUCKET, REGION, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts';

const NEVER = new AbortController().signal;
const NEW = { condition: 'absent', contentType: 'application/json' } as const;

describe('S3Store puts a file', () => {
  let cloud: TestCloud;
  let proxy: FaultProxy;
  let s3: S3Client;
  let store: S3Store;
  let folder: string;
  let content: Buffer;
  let blob: Blob;

  beforeAll(async () => {
    cloud = await startCloud();
    proxy = await startFaultProxy(cloud.endpoint);
    s3 = createS3Client({ region: REGION, endpointUrl: proxy.endpoint });
    store = new S3Store(s3, { backOff: { baseMs: 1, maxMs: 10 } });
    folder = await mkdtemp(join(tmpdir(), 'put-'));
    content = Buffer.alloc(3_000_000, 'é and more;');
    await writeFile(join(folder, 'file'), content);
    blob = await openAsBlob(join(folder, 'file'));
  });

  beforeEach(() => {
    proxy.rule = () => null;
  });

  afterAll(async () => {
    s3.destroy();
    await proxy.stop();
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const at = (key: string) => ({ bucket: BUCKET, key });

  const isStored = async (key: string) =>
    Buffer.compare((await store.get(at(key), NEVER)) ?? Buffer.alloc(0), content) === 0;

  function failFirstPuts(count: number, fault: Fault): void {
    let left = count;
    proxy.rule = ({ operation }) => (operation === 'PUT' && left-- > 0 ? fault : null);
  }

  it('piece by piece and whole, once only where nothing may be replaced', async () => {
    const etag = await store.put(at('whole'), blob, NEW, NEVER);
    expect(await isStored('whole')).toBe(true);
    expect(await store.put(at('whole'), blob, NEW, NEVER)).toBeNull();
    const replacing = { ...NEW, condition: { etag: etag ?? '' } };
    expect(await store.put(at('whole'), new Blob(['{}']), replacing, NEVER)).not.toBeNull();
    expect(await store.get(at('whole'), NEVER)).toEqual(new Uint8Array(Buffer.from('{}')));
  });

  it('from the beginning again when the store had a bad moment', async () => {
    failFirstPuts(2, { status: 503, code: 'SlowDown' });
    expect(await store.put(at('again'), blob, NEW, NEVER)).not.toBeNull();
    expect(await isStored('again')).toBe(true);
  });

  it('and finds it there when the answer was lost', async () => {
    failFirstPuts(1, { loseAnswer: true });
    expect(await store.put(at('lost'), blob, NEW, NEVER)).toBeNull();
    expect(await isStored('lost')).toBe(true);
  });

  it('until it is told to stop, or has tried long enough', async () => {
    failFirstPuts(100, { status: 503, code: 'SlowDown' });
    await expect(store.put(at('never'), blob, NEW, NEVER)).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    });
    const stop = new AbortController();
    stop.abort(new WorkerError('LEASE_LOST', 'in other hands'));
    await expect(store.put(at('never'), blob, NEW, stop.signal)).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
  });

  it('and says of each thing it may not do which permissions it needs, that to delete among them', async () => {
    proxy.rule = ({ operation }) => (operation === 'DELETE' ? { status: 403, code: 'AccessDenied' } : null);
    await expect(store.delete(at('whole'), NEVER)).rejects.toThrow(
      'needs s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket',
    );
  });
});
