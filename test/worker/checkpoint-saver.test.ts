import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { WorkerError } from '../../src/errors.ts';
import { CheckpointSaver } from '../../src/worker/checkpoint-saver.ts';
import { CheckpointSlot } from '../../src/worker/checkpoint-slot.ts';
import type { ObjectStore } from '../../src/worker/ports.ts';
import { shutdownReason } from '../../src/worker/shutdown.ts';
import { SILENT } from '../helpers/test-worker.ts';

/** A saver whose store takes `putMs` to write. */
function scene(putMs = 0) {
  const written: string[] = [];
  const job = new AbortController();
  const store = {
    async put(_location, content, _options, signal) {
      await sleep(putMs, undefined, { signal });
      written.push(await (content as Blob).text());
      return `etag ${written.length}`;
    },
  } as Partial<ObjectStore> as ObjectStore;
  const slot = new CheckpointSlot(store, { bucket: 'results', key: 'checkpoint' }, async () => undefined);
  return { written, job, saver: new CheckpointSaver(slot, job.signal, SILENT) };
}

const bytes = (text: string) => new Blob([text]);

describe('CheckpointSaver', () => {
  it('writes one checkpoint at a time, and then the newest', async () => {
    const { written, saver } = scene(20);
    for (const checkpoint of ['1', '2', '3']) saver.offer(bytes(checkpoint));
    await saver.idle();
    expect(written).toEqual(['1', '3']);
  });

  it('writes the last one although a shutdown has aborted the job', async () => {
    const { written, job, saver } = scene(20);
    job.abort(shutdownReason());
    saver.offer(bytes('last'));
    await saver.idle();
    expect(written).toEqual(['last']);
  });

  it('gives up soon after a shutdown when the store does not answer', async () => {
    const { written, job, saver } = scene(60_000);
    saver.offer(bytes('hanging'));
    job.abort(shutdownReason());
    saver.offer(bytes('last'));
    await saver.idle();
    expect(written).toEqual([]);
  });

  it('lets go of the job in the end', async () => {
    const { job, saver } = scene();
    saver.offer(bytes('one'));
    await saver.idle();
    expect(getEventListeners(job.signal, 'abort')).toEqual([]);
  });

  it('writes nothing once the lease is lost', async () => {
    const { written, job, saver } = scene(20);
    saver.offer(bytes('under way'));
    job.abort(new WorkerError('LEASE_LOST', 'in other hands'));
    saver.offer(bytes('late'));
    await saver.idle();
    expect(written).toEqual([]);
  });
});
