import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createS3Client } from '../../src/aws/clients.ts';
import { S3Store } from '../../src/aws/s3-store.ts';
import { type ErrorCode, WorkerError } from '../../src/errors.ts';
import type { CheckpointSlot } from '../../src/worker/checkpoint-slot.ts';
import { guardAgainstCrashes } from '../../src/worker/crash-guard.ts';
import { Isolation } from '../../src/worker/isolation.ts';
import { JobJournal, type JournalPage } from '../../src/worker/job-journal.ts';
import {
  BUCKET,
  getJson,
  listKeys,
  putObject,
  REGION,
  startCloud,
  type TestCloud,
} from '../helpers/cloud.ts';
import { startFaultProxy } from '../helpers/fault-proxy.ts';
import { SILENT } from '../helpers/test-worker.ts';
import { until } from '../helpers/until.ts';

const SIGNAL = new AbortController().signal;

/** What the jobs of this test ask for. */
const REQUEST = 'request-1';

/** A journal whose store may be told to lose one answer. */
async function flakyJournal(cloud: TestCloud) {
  const proxy = await startFaultProxy(cloud.endpoint);
  const s3 = createS3Client({ region: REGION, endpointUrl: proxy.endpoint });
  return {
    journal: new JobJournal({ store: new S3Store(s3), bucket: BUCKET, prefix: 'detections/' }),
    loseAnswerOnce: () => {
      let left = 1;
      proxy.rule = ({ operation }) => (operation === 'PUT' && left-- > 0 ? { loseAnswer: true } : null);
    },
    seen: proxy.seen,
    refuseNotes: () => {
      proxy.rule = ({ operation, path }) =>
        operation === 'PUT' && path.endsWith('attempt.json') ? { status: 503, code: 'SlowDown' } : null;
    },
    refuse: (isRefused: boolean) => {
      proxy.rule = () => (isRefused ? { status: 503, code: 'SlowDown' } : null);
    },
    stop: async () => {
      s3.destroy();
      await proxy.stop();
    },
  };
}

describe('JobJournal', () => {
  let cloud: TestCloud;
  let journal: JobJournal;
  let folder: string;

  beforeAll(async () => {
    cloud = await startCloud();
    folder = await mkdtemp(join(tmpdir(), 'journal-'));
    journal = new JobJournal({ store: new S3Store(cloud.s3), bucket: BUCKET, prefix: 'detections/' });
  });

  afterAll(async () => {
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** What a checkpoint holds; null when there is none. */
  async function textOf(slot: CheckpointSlot): Promise<string | null> {
    const file = join(folder, randomUUID());
    const bytes = await slot.read(file, SIGNAL);
    if (bytes === null) return null;
    const text = await readFile(file, 'utf8');
    expect(text).toHaveLength(bytes);
    return text;
  }

  function receive(receiveCount: number, messageId = 'message-1') {
    return { messageId, receiveCount };
  }

  async function open(jobId: string, by: ReturnType<typeof receive>, of = journal): Promise<JournalPage> {
    const page = of.page(jobId, REQUEST, by);
    await page.open(SIGNAL);
    return page;
  }

  function keysOf(jobId: string): Promise<string[]> {
    return listKeys(cloud, `detections/.journal/${jobId}/`);
  }

  it('counts an earlier receive of the same message that never ended as a crash', async () => {
    expect((await open('dies', receive(1))).crashes).toBe(0);
    expect((await open('dies', receive(2))).crashes).toBe(1);
    expect((await open('dies', receive(4))).crashes).toBe(2);
  });

  it('notes the crashes before an attempt that does not begin because of them, and nothing of that attempt', async () => {
    const fresh = journal.page('suspect', REQUEST, receive(1));
    expect(await fresh.openUnlessSuspect(SIGNAL)).toBe(true);
    const waiting = journal.page('suspect', REQUEST, receive(2));
    expect(await waiting.openUnlessSuspect(SIGNAL)).toBe(false);
    expect(waiting.crashes).toBe(1);
    await waiting.close('crashed', SIGNAL);
    expect((await open('suspect', receive(1, 'message-2'))).crashes).toBe(1);
    const next = await open('suspect', receive(3));
    expect(next.crashes).toBe(1);
    expect((await open('suspect', receive(4))).crashes).toBe(2);
  });

  it('takes back the note of an attempt whose answer was lost while the job became a suspect', async () => {
    const store = new S3Store(cloud.s3);
    let isFirst = true;
    const late = new JobJournal({
      bucket: BUCKET,
      prefix: 'detections/',
      store: Object.assign(Object.create(store) as S3Store, {
        head: store.head.bind(store),
        get: store.get.bind(store),
        put: async (...parameters: Parameters<S3Store['put']>) => {
          const etag = await store.put(...parameters);
          if (!isFirst) return etag;
          isFirst = false;
          await (await open('lost-suspect', receive(1, 'message-2'))).close('crashed', SIGNAL);
          return null;
        },
      }),
    });
    expect(await late.page('lost-suspect', REQUEST, receive(1)).openUnlessSuspect(SIGNAL)).toBe(false);
    expect((await open('lost-suspect', receive(2))).crashes).toBe(1);
  });

  it('counts neither an attempt that noted its end nor another message at work on the same job', async () => {
    const page = await open('lives', receive(1));
    await page.close('again', SIGNAL);
    expect((await open('lives', receive(2))).crashes).toBe(0);
    expect((await open('lives', receive(3, 'message-2'))).crashes).toBe(0);
  });

  it('counts the crashes of a job that came in two messages, whichever died last', async () => {
    expect((await open('twice', receive(1))).crashes).toBe(0);
    expect((await open('twice', receive(1, 'message-2'))).crashes).toBe(0);
    expect((await open('twice', receive(2))).crashes).toBe(1);
    expect((await open('twice', receive(2, 'message-2'))).crashes).toBe(2);
  });

  it('counts an attempt that noted a crash of a thread or a child', async () => {
    const page = await open('thread', receive(1));
    await page.close('crashed', SIGNAL);
    expect((await open('thread', receive(2))).crashes).toBe(1);
  });

  it('leaves nothing behind when the job is done', async () => {
    const page = await open('done', receive(1));
    await page.checkpoint('digest').write(new Blob(['so far']), SIGNAL);
    expect(await keysOf('done')).toHaveLength(2);
    await page.close('done', SIGNAL);
    expect(await keysOf('done')).toEqual([]);
  });

  it('takes an attempt back for alive that notes its end after another one has begun', async () => {
    const late = await open('late-end', receive(1));
    const current = await open('late-end', receive(2));
    expect(current.crashes).toBe(1);
    await late.close('again', SIGNAL);
    // Still open, by the second receive: a third one takes that one for dead, and that one alone.
    expect((await open('late-end', receive(3))).crashes).toBe(1);
    await current.close('again', SIGNAL);
    expect((await open('late-end', receive(4))).crashes).toBe(1);
  });

  it('writes no more of an attempt once the job is done', async () => {
    const late = await open('finished', receive(1));
    const current = await open('finished', receive(2));
    await current.close('done', SIGNAL);
    await late.close('again', SIGNAL);
    expect(await keysOf('finished')).toEqual([]);
  });

  it('counts a crash once although the answer to noting it was lost', async () => {
    const { journal: behindProxy, loseAnswerOnce, stop } = await flakyJournal(cloud);
    const page = await open('lost-crash', receive(1), behindProxy);
    loseAnswerOnce();
    await page.close('crashed', SIGNAL);
    expect((await open('lost-crash', receive(2))).crashes).toBe(1);
    await stop();
  });

  it('notes later what the store does not take when an attempt ends', async () => {
    const { journal: behindProxy, refuse, stop } = await flakyJournal(cloud);
    const page = await open('store-down', receive(1), behindProxy);
    refuse(true);
    await page.close('again', AbortSignal.timeout(200));
    expect(page.isEndMissing).toBe(true);
    refuse(false);
    await until(() => !page.isEndMissing);
    expect((await open('store-down', receive(2))).crashes).toBe(0);
    await stop();
  });

  it('lets no beginning take effect after its end, though the store answers it late', async () => {
    const store = new S3Store(cloud.s3);
    const held: (() => Promise<unknown>)[] = [];
    const slow = new JobJournal({
      bucket: BUCKET,
      prefix: 'detections/',
      store: Object.assign(Object.create(store) as S3Store, {
        head: store.head.bind(store),
        get: store.get.bind(store),
        put: async (...parameters: Parameters<S3Store['put']>) => {
          if (held.length > 0) return await store.put(...parameters);
          const [location, content, options] = parameters;
          held.push(() => store.put(location, content, options, SIGNAL));
          throw new WorkerError('STORAGE_UNAVAILABLE', 'no answer in time');
        },
      }),
    });
    for (const begin of ['on-nothing', 'on-notes']) {
      if (begin === 'on-notes') await (await open(begin, receive(1))).close('again', SIGNAL);
      held.length = 0;
      const page = slow.page(begin, REQUEST, receive(2));
      await expect(page.open(SIGNAL)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
      await page.close('again', SIGNAL);
      await held[0]?.();
      expect((await open(begin, receive(3))).crashes).toBe(0);
    }
  });

  it('knows its own notes again when the answer to writing them was lost', async () => {
    const { journal: behindProxy, loseAnswerOnce, stop } = await flakyJournal(cloud);
    loseAnswerOnce();
    const page = await open('lost-answer', receive(1), behindProxy);
    await page.close('again', SIGNAL);
    expect((await open('lost-answer', receive(2), behindProxy)).crashes).toBe(0);
    await stop();
  });

  it('begins anew for another request under the same id, and leaves its notes alone afterwards', async () => {
    await (await open('two-requests', receive(1))).close('crashed', SIGNAL);
    const late = await open('two-requests', receive(2));
    const good = journal.page('two-requests', 'request-2', receive(1, 'message-2'));
    expect(await good.openUnlessSuspect(SIGNAL)).toBe(true);
    expect(good.crashes).toBe(0);
    await late.close('crashed', SIGNAL);
    const next = journal.page('two-requests', 'request-2', receive(2, 'message-2'));
    await next.open(SIGNAL);
    expect(next.crashes).toBe(1);
  });

  it('counts crashes that were noted before notes named their request', async () => {
    const notes = JSON.stringify({ crashes: 1, open: [], missing: [] });
    await putObject(cloud, 'detections/.journal/older/attempt.json', notes);
    expect((await open('older', receive(2))).crashes).toBe(1);
  });

  it('begins anew when its notes cannot be read', async () => {
    await putObject(cloud, 'detections/.journal/garbled/attempt.json', 'not JSON');
    expect((await open('garbled', receive(5))).crashes).toBe(0);
  });

  describe('a checkpoint', () => {
    it('is found by the next attempt at the same work, and by no other', async () => {
      const first = await open('resumes', receive(1));
      const slot = first.checkpoint('digest-a');
      expect(await textOf(slot)).toBeNull();
      await slot.write(new Blob(['10 frames']), SIGNAL);
      await slot.write(new Blob(['20 frames']), SIGNAL);
      await first.close('again', SIGNAL);

      const second = await open('resumes', receive(2));
      expect(await textOf(second.checkpoint('digest-b'))).toBeNull();
      expect(await textOf(second.checkpoint('digest-a'))).toBe('20 frames');
    });

    it('is looked for with one request', async () => {
      const { journal: behindProxy, seen, stop } = await flakyJournal(cloud);
      const page = await open('looks-once', receive(1), behindProxy);
      expect(await textOf(page.checkpoint('digest'))).toBeNull();
      const requests = seen.filter(({ path }) => path.endsWith('.checkpoint'));
      expect(requests.map(({ operation }) => operation)).toEqual(['GET']);
      await stop();
    });

    it('is followed by the next one when the answer to writing it was lost', async () => {
      const { journal: behindProxy, loseAnswerOnce, stop } = await flakyJournal(cloud);
      const page = await open('lost-checkpoint', receive(1), behindProxy);
      const slot = page.checkpoint('digest');
      loseAnswerOnce();
      await slot.write(new Blob(['10 frames']), SIGNAL);
      await slot.write(new Blob(['20 frames']), SIGNAL);
      expect(await textOf(slot)).toBe('20 frames');
      await stop();
    });

    it('is removed by the attempt that finishes the job, although another one wrote it', async () => {
      const page = await open('finishes', receive(1));
      const slot = page.checkpoint('digest');
      expect(await textOf(slot)).toBeNull();
      const late = (await open('finishes', receive(2))).checkpoint('digest');
      await late.write(new Blob(['late']), SIGNAL);
      await slot.write(new Blob(['refused']), SIGNAL);
      await page.close('done', SIGNAL);
      expect((await keysOf('finishes')).filter((key) => key.endsWith('.checkpoint'))).toEqual([]);
    });

    it('of an attempt that lost its lease never replaces a later one', async () => {
      const lost = (await open('late', receive(1))).checkpoint('digest');
      await lost.write(new Blob(['old']), SIGNAL);
      const current = (await open('late', receive(2))).checkpoint('digest');
      expect(await textOf(current)).toBe('old');
      await current.write(new Blob(['new']), SIGNAL);
      await lost.write(new Blob(['older']), SIGNAL);
      await lost.write(new Blob(['oldest']), SIGNAL);
      expect(await textOf(current)).toBe('new');
    });
  });

  it('counts no crash before an attempt that got further, as long as that one lives', async () => {
    await open('beside', receive(1));
    const further = await open('beside', receive(2));
    expect(further.crashes).toBe(1);
    await further.checkpoint('digest').write(new Blob(['20 frames']), SIGNAL);
    const next = await open('beside', receive(3));
    expect(next.crashes).toBe(1);
    expect((await open('beside', receive(4))).crashes).toBe(2);
  });

  it('keeps a checkpoint’s place when the crashes before it could not be forgiven at once', async () => {
    const { journal: flaky, refuse, refuseNotes, stop } = await flakyJournal(cloud);
    await open('later', receive(1));
    const page = await open('later', receive(2), flaky);
    const slot = page.checkpoint('digest');
    refuseNotes();
    await expect(slot.write(new Blob(['1']), SIGNAL)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    refuse(false);
    await slot.write(new Blob(['2']), SIGNAL);
    expect(await textOf(slot)).toBe('2');
    expect((await open('later', receive(3))).crashes).toBe(1);
    await stop();
  });

  describe('guardAgainstCrashes', () => {
    const guardedBy = <T>(isolation: Isolation, page: JournalPage, work: () => Promise<T>) =>
      guardAgainstCrashes({ page, isolation, log: SILENT }, SIGNAL, work);

    const guarded = (jobId: string, receiveCount: number, work: () => Promise<string>) =>
      guardedBy(new Isolation(), journal.page(jobId, REQUEST, receive(receiveCount)), work);

    function failWith(code: ErrorCode, options: { endedBySignal?: boolean } = {}) {
      return async () => {
        throw new WorkerError(code, 'a reason', options);
      };
    }

    it('fails a job that has crashed its workers twice without trying it again', async () => {
      await open('poison', receive(1));
      const crash = failWith('DECODER_FAILED', { endedBySignal: true });
      await expect(guarded('poison', 2, crash)).rejects.toMatchObject({ code: 'DECODER_FAILED' });
      // One crash from the first receive, one noted by the second.
      const work = async () => 'never reached';
      await expect(guarded('poison', 3, work)).rejects.toMatchObject({
        code: 'WORKER_CRASHED',
        kind: 'permanent',
      });
      const duplicate = guardedBy(
        new Isolation(),
        journal.page('poison', REQUEST, receive(1, 'message-2')),
        work,
      );
      await expect(duplicate).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
    });

    it('tries a job alone after a crash, and until its turn has come it is not noted as tried', async () => {
      const isolation = new Isolation();
      const isOtherDone = Promise.withResolvers<string>();
      const other = guardedBy(
        isolation,
        journal.page('other', REQUEST, receive(1)),
        () => isOtherDone.promise,
      );
      await until(async () => (await keysOf('other')).length === 1);
      await open('after-crash', receive(1));

      const waits: string[] = [];
      const log = pino({}, { write: (line) => void waits.push(line) });
      let hasBegun = false;
      const begin = async () => {
        hasBegun = true;
        return 'in the end';
      };
      const suspect = (receiveCount: number, signal = SIGNAL) => {
        const page = journal.page('after-crash', REQUEST, receive(receiveCount));
        return guardAgainstCrashes({ page, isolation, log }, signal, begin);
      };
      const stop = new AbortController();
      const interrupted = suspect(2, stop.signal);
      await until(() => waits.length === 1);
      stop.abort(new WorkerError('SHUTTING_DOWN', 'a reason'));
      await expect(interrupted).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
      expect(await getJson(cloud, 'detections/.journal/after-crash/attempt.json')).toMatchObject({
        crashes: 0,
        open: [],
        missing: [receive(1)],
      });

      const tried = suspect(3);
      await until(() => waits.length === 2);
      const behind = guardedBy(isolation, journal.page('behind', REQUEST, receive(1)), async () => hasBegun);
      expect(hasBegun).toBe(false);
      isOtherDone.resolve('done');
      expect(await other).toBe('done');
      expect(await tried).toBe('in the end');
      expect(await behind).toBe(true);
      expect(await keysOf('after-crash')).toEqual([]);
    });

    it('counts neither interruptions nor failures of others, nor a decoder that this machine cannot run', async () => {
      const codes = [
        'SHUTTING_DOWN',
        'STORAGE_UNAVAILABLE',
        'LEASE_LOST',
        'DECODER_FAILED',
        'DECODER_FAILED',
      ] as const;
      for (const [index, code] of codes.entries()) {
        await expect(guarded('unlucky', index + 1, failWith(code))).rejects.toMatchObject({ code });
      }
      expect(await guarded('unlucky', codes.length + 1, async () => 'in the end')).toBe('in the end');
      expect(await keysOf('unlucky')).toEqual([]);
    });
  });
});
