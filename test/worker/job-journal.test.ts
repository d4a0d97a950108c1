import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createS3Client } from '../../src/aws/clients.ts';
import { S3Store } from '../../src/aws/s3-store.ts';
import { WorkerError } from '../../src/errors.ts';
import { guardAgainstCrashes } from '../../src/worker/crash-guard.ts';
import { type CheckpointSlot, JobJournal } from '../../src/worker/job-journal.ts';
import { BUCKET, listKeys, putObject, REGION, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { startFaultProxy } from '../helpers/fault-proxy.ts';

const SIGNAL = new AbortController().signal;

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

  function keysOf(jobId: string): Promise<string[]> {
    return listKeys(cloud, `detections/.journal/${jobId}/`);
  }

  it('counts an earlier receive of the same message that never ended as a crash', async () => {
    expect((await journal.open('dies', receive(1), SIGNAL)).crashes).toBe(0);
    expect((await journal.open('dies', receive(2), SIGNAL)).crashes).toBe(1);
    expect((await journal.open('dies', receive(4), SIGNAL)).crashes).toBe(2);
  });

  it('counts neither an attempt that noted its end nor another message at work on the same job', async () => {
    const page = await journal.open('lives', receive(1), SIGNAL);
    await page.close('again', SIGNAL);
    expect((await journal.open('lives', receive(2), SIGNAL)).crashes).toBe(0);
    expect((await journal.open('lives', receive(3, 'message-2'), SIGNAL)).crashes).toBe(0);
  });

  it('counts an attempt that noted a crash of a thread or a child', async () => {
    const page = await journal.open('thread', receive(1), SIGNAL);
    await page.close('crashed', SIGNAL);
    expect((await journal.open('thread', receive(2), SIGNAL)).crashes).toBe(1);
  });

  it('leaves nothing behind when the job is done', async () => {
    const page = await journal.open('done', receive(1), SIGNAL);
    await page.checkpoint('digest').write(new Blob(['so far']), SIGNAL);
    expect(await keysOf('done')).toHaveLength(2);
    await page.close('done', SIGNAL);
    expect(await keysOf('done')).toEqual([]);
  });

  it('writes no more once another attempt has opened it', async () => {
    const late = await journal.open('fenced', receive(1), SIGNAL);
    const current = await journal.open('fenced', receive(2), SIGNAL);
    await late.close('again', SIGNAL);
    // Still open, by the second receive: a third one takes it for dead.
    expect((await journal.open('fenced', receive(3), SIGNAL)).crashes).toBe(2);
    await current.close('again', SIGNAL);
  });

  it('knows its own notes again when the answer to writing them was lost', async () => {
    const { journal: behindProxy, loseAnswerOnce, stop } = await flakyJournal(cloud);
    loseAnswerOnce();
    const page = await behindProxy.open('lost-answer', receive(1), SIGNAL);
    await page.close('again', SIGNAL);
    expect((await behindProxy.open('lost-answer', receive(2), SIGNAL)).crashes).toBe(0);
    await stop();
  });

  it('begins anew when its notes cannot be read', async () => {
    await putObject(cloud, 'detections/.journal/garbled/attempt.json', 'not JSON');
    expect((await journal.open('garbled', receive(5), SIGNAL)).crashes).toBe(0);
  });

  describe('a checkpoint', () => {
    it('is found by the next attempt at the same work, and by no other', async () => {
      const first = await journal.open('resumes', receive(1), SIGNAL);
      const slot = first.checkpoint('digest-a');
      expect(await textOf(slot)).toBeNull();
      await slot.write(new Blob(['10 frames']), SIGNAL);
      await slot.write(new Blob(['20 frames']), SIGNAL);
      await first.close('again', SIGNAL);

      const second = await journal.open('resumes', receive(2), SIGNAL);
      expect(await textOf(second.checkpoint('digest-b'))).toBeNull();
      expect(await textOf(second.checkpoint('digest-a'))).toBe('20 frames');
    });

    it('is followed by the next one when the answer to writing it was lost', async () => {
      const { journal: behindProxy, loseAnswerOnce, stop } = await flakyJournal(cloud);
      const page = await behindProxy.open('lost-checkpoint', receive(1), SIGNAL);
      const slot = page.checkpoint('digest');
      loseAnswerOnce();
      await slot.write(new Blob(['10 frames']), SIGNAL);
      await slot.write(new Blob(['20 frames']), SIGNAL);
      expect(await textOf(slot)).toBe('20 frames');
      await stop();
    });

    it('is removed by the attempt that finishes the job, although another one wrote it', async () => {
      const page = await journal.open('finishes', receive(1), SIGNAL);
      const slot = page.checkpoint('digest');
      expect(await textOf(slot)).toBeNull();
      const late = (await journal.open('finishes', receive(2), SIGNAL)).checkpoint('digest');
      await late.write(new Blob(['late']), SIGNAL);
      await slot.write(new Blob(['refused']), SIGNAL);
      await page.close('done', SIGNAL);
      expect((await keysOf('finishes')).filter((key) => key.endsWith('.checkpoint'))).toEqual([]);
    });

    it('of an attempt that lost its lease never replaces a later one', async () => {
      const lost = (await journal.open('late', receive(1), SIGNAL)).checkpoint('digest');
      await lost.write(new Blob(['old']), SIGNAL);
      const current = (await journal.open('late', receive(2), SIGNAL)).checkpoint('digest');
      expect(await textOf(current)).toBe('old');
      await current.write(new Blob(['new']), SIGNAL);
      await lost.write(new Blob(['older']), SIGNAL);
      await lost.write(new Blob(['oldest']), SIGNAL);
      expect(await textOf(current)).toBe('new');
    });
  });

  describe('guardAgainstCrashes', () => {
    const guarded = (jobId: string, receiveCount: number, work: () => Promise<string>) =>
      guardAgainstCrashes(journal, jobId, receive(receiveCount), SIGNAL, work);

    function failWith(code: ConstructorParameters<typeof WorkerError>[0]) {
      return async () => {
        throw new WorkerError(code, 'a reason');
      };
    }

    it('fails a job that has crashed its workers twice without trying it again', async () => {
      await journal.open('poison', receive(1), SIGNAL);
      await expect(guarded('poison', 2, failWith('DECODER_FAILED'))).rejects.toMatchObject({
        code: 'DECODER_FAILED',
      });
      // One crash from the first receive, one noted by the second.
      const work = async () => 'never reached';
      await expect(guarded('poison', 3, work)).rejects.toMatchObject({
        code: 'WORKER_CRASHED',
        kind: 'permanent',
      });
      const duplicate = guardAgainstCrashes(journal, 'poison', receive(1, 'message-2'), SIGNAL, work);
      await expect(duplicate).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
    });

    it('counts neither interruptions nor failures of others', async () => {
      for (const [index, code] of (
        ['SHUTTING_DOWN', 'STORAGE_UNAVAILABLE', 'LEASE_LOST'] as const
      ).entries()) {
        await expect(guarded('unlucky', index + 1, failWith(code))).rejects.toMatchObject({ code });
      }
      expect(await guarded('unlucky', 4, async () => 'in the end')).toBe('in the end');
      expect(await keysOf('unlucky')).toEqual([]);
    });
  });
});
