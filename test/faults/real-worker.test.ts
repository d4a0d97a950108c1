import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { until } from '../helpers/until.ts';
import { openRealLab, type RealLab } from './real-lab.ts';

jest.setTimeout(300_000);

/** Enough pictures for a test to step in between. */
const JOB = { video_s3_key: 'film.mp4', frame_interval_seconds: 0.2 };

/** What is seen in some fifteen of its 120 pictures. */
const SOME_OBSERVED_BYTES = 100_000;

/** A stop takes less on a busy machine as well; one that waited for what it should not would take longer. */
const PROMPT_MS = 10_000;

describe('the worker as it is run in production', () => {
  let lab: RealLab;

  beforeAll(async () => {
    lab = await openRealLab();
  });

  afterEach(() => lab.stopWorkers());

  afterAll(() => lab.close());

  it('hands a job on at SIGTERM, and the next worker ends it with the very result of an uninterrupted run', async () => {
    // No checkpoint but the last one.
    const first = await lab.start({ CHECKPOINT_SECONDS: '3600' });
    await lab.aws.enqueue({ job_id: 'whole', ...JOB });
    await first.ended('whole');

    await lab.aws.enqueue({ job_id: 'interrupted', ...JOB });
    await until(async () => (await lab.observedBytes()) > SOME_OBSERVED_BYTES);
    expect(await lab.journalOf('interrupted')).toEqual(['attempt.json']);
    const stopMs = performance.now();
    expect(await first.stop()).toBe(0);
    expect(performance.now() - stopMs).toBeLessThan(PROMPT_MS);
    expect(first.endings('interrupted')).toMatchObject([{ outcome: 'released', code: 'SHUTTING_DOWN' }]);
    expect(await lab.journalOf('interrupted')).toHaveLength(2);
    expect(await lab.tempFiles()).toEqual([]);

    const second = await lab.start();
    const ending = await second.ended('interrupted');
    expect(ending).toMatchObject({ outcome: 'completed', resumedFromBytes: expect.any(Number) });
    expect(await lab.untimedResult('interrupted')).toBe(await lab.untimedResult('whole'));
    expect(await lab.aws.messagesLeft()).toBe(0);
    expect(await lab.journalOf('interrupted')).toEqual([]);
  });

  it('releases a job in time although S3 takes no last checkpoint', async () => {
    const worker = await lab.start({ CHECKPOINT_SECONDS: '3600' });
    await lab.aws.enqueue({ job_id: 'unsaved', ...JOB });
    await until(async () => (await lab.observedBytes()) > SOME_OBSERVED_BYTES);
    lab.proxy.rule = ({ operation }) => (operation === 'PUT' ? { hang: true } : null);
    const stopMs = performance.now();
    expect(await worker.stop()).toBe(0);
    expect(performance.now() - stopMs).toBeLessThan(PROMPT_MS);
    const ending = worker.endings('unsaved')[0];
    expect(ending).toMatchObject({ outcome: 'released', code: 'SHUTTING_DOWN' });
    expect(await lab.aws.messagesVisible()).toBe(1);

    lab.proxy.rule = () => null;
    const next = await lab.start();
    expect(await next.ended('unsaved')).toMatchObject({ outcome: 'completed' });
  });

  it('ends with exit code 0 at a SIGTERM that comes while the networks are loading', async () => {
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const env = { ...process.env, ...lab.aws.env, PORT: '0', LOG_LEVEL: 'info' };
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('health endpoints listening') && !child.killed) child.kill('SIGTERM');
    });
    expect(await exited).toEqual([0, null]);
    expect(said).not.toContain('models loaded');
  });

  it('ends at once at a second SIGTERM, and the next worker does its job', async () => {
    const worker = await lab.start({ SHUTDOWN_GRACE_SECONDS: '110', VISIBILITY_TIMEOUT_SECONDS: '15' });
    await lab.aws.enqueue({ job_id: 'impatient', ...JOB });
    await until(() => lab.decoders() > 0);
    const first = worker.stop();
    await until(() => worker.log.some(({ msg }) => msg === 'stopping'));
    const secondMs = performance.now();
    expect(await worker.stop()).toBe(1);
    expect(await first).toBe(1);
    expect(performance.now() - secondMs).toBeLessThan(PROMPT_MS);
    const next = await lab.start();
    expect(await next.ended('impatient')).toMatchObject({ outcome: 'completed', receiveCount: 2 });
  });

  it('replaces a detection thread that dies: only its job fails, and is done when it comes again', async () => {
    const worker = await lab.start();
    await lab.aws.enqueue({ job_id: 'thread-dies', ...JOB });
    await until(() => lab.decoders() > 0);
    await lab.order('detection-exits');
    const { outcome, code, reason } = await worker.ended('thread-dies');
    expect({ outcome, code }).toEqual({ outcome: 'retry', code: 'THREAD_CRASHED' });
    expect(reason).toContain('exited with code: 7');
    expect(reason).not.toMatch(/\n|\.[jt]s\b/);
    // Sooner than after its pause.
    await lab.aws.enqueue({ job_id: 'thread-dies', ...JOB });
    await until(() => worker.endings('thread-dies').length === 2, 60_000);
    expect(worker.endings('thread-dies')[1]).toMatchObject({ outcome: 'completed' });
  });

  it('ends a job at its deadline although its thread spins: the thread is replaced, its decoder is gone', async () => {
    // Long enough for the job after it as well, whose thread loads the networks first.
    const worker = await lab.start({ JOB_TIMEOUT_SECONDS: '20' });
    await lab.aws.enqueue({ job_id: 'spins', ...JOB, frame_interval_seconds: 0.04 });
    await until(() => lab.decoders() > 0);
    await lab.order('detection-spins');
    const ending = await worker.ended('spins');
    expect(ending).toMatchObject({ outcome: 'failed', code: 'JOB_DEADLINE_EXCEEDED' });
    expect(ending.durationMs).toBeLessThan(30_000);
    await until(() => lab.decoders() === 0);
    expect(await lab.tempFiles()).toEqual([]);
    await lab.aws.enqueue({ job_id: 'after-spinning', ...JOB, frame_interval_seconds: 4 });
    expect(await worker.ended('after-spinning')).toMatchObject({ outcome: 'completed' });
  });

  it('outlives a video that crashes its decoder, and fails it at the third receive', async () => {
    const crashing = join(lab.folder, 'ffmpeg');
    const fromNowOn = join(lab.folder, 'ffmpeg-crashes');
    const crash = `if [ -e ${fromNowOn} ]; then kill -SEGV $$; fi`;
    await writeFile(crashing, `#!/bin/sh\n${crash}\nexec ${lab.ffmpeg} "$@"\n`);
    await chmod(crashing, 0o755);
    const worker = await lab.start({ FFMPEG_PATH: crashing });
    // The worker's own film was decoded before it became ready.
    await writeFile(fromNowOn, '');
    await lab.aws.enqueue({ job_id: 'poison', video_s3_key: 'film.mp4' });
    await until(() => worker.endings('poison').length === 3, 120_000);
    expect(worker.endings('poison')).toMatchObject([
      { outcome: 'retry', code: 'DECODER_FAILED' },
      { outcome: 'retry', code: 'DECODER_FAILED' },
      { outcome: 'failed', code: 'WORKER_CRASHED' },
    ]);
    expect((await worker.health('/health/ready')).status).toBe(200);
    expect(JSON.parse(await lab.untimedResult('poison'))).toMatchObject({
      error: { code: 'WORKER_CRASHED' },
    });
  });

  it('receives no job while S3 is down, says why, and goes on by itself', async () => {
    const worker = await lab.start();
    lab.proxy.rule = ({ headers }) =>
      headers['x-amz-target'] === undefined ? { status: 503, code: 'SlowDown' } : null;
    const jobs = ['outage-1', 'outage-2', 'outage-3'];
    for (const job_id of jobs) await lab.aws.enqueue({ job_id, ...JOB, frame_interval_seconds: 4 });
    await until(async () => (await worker.health('/health/ready')).status === 503, 30_000);
    expect((await worker.health('/health/ready')).body).toMatchObject({
      // The SDK's pauses between its tries may outlast the question.
      reasons: [
        expect.stringMatching(/^S3 cannot be used \((SlowDown, HTTP 503: a planned fault|no answer .*)\)$/),
      ],
    });
    expect((await worker.health('/health')).status).toBe(200);
    const receives = () => lab.proxy.seen.filter(({ operation }) => operation === 'ReceiveMessage').length;
    const before = receives();
    await sleep(2000);
    expect(receives()).toBe(before);

    lab.proxy.rule = () => null;
    const completed = () =>
      jobs.map((id) => worker.endings(id).at(-1)).filter((end) => end?.outcome === 'completed');
    await until(() => completed().length === jobs.length, 60_000);
    // The one that found the outage.
    expect(
      jobs.flatMap((id) => worker.endings(id)).filter(({ outcome }) => outcome === 'retry'),
    ).toHaveLength(1);
    await until(async () => (await worker.health('/health/ready')).status === 200, 30_000);
  });

  it('says that the queue does not answer while its only slot is busy', async () => {
    const worker = await lab.start();
    await lab.aws.enqueue({ job_id: 'busy', ...JOB });
    await until(() => lab.decoders() > 0);
    await lab.order('detection-blocks', 40_000);
    lab.proxy.rule = ({ headers }) => (headers['x-amz-target'] === undefined ? null : { hang: true });
    await until(async () => (await worker.health('/health/ready')).status === 503, 35_000);
    expect(worker.endings('busy')).toEqual([]);
    expect((await worker.health('/health/ready')).body).toMatchObject({
      reasons: ['the queue cannot be used (no answer within 5000 ms)'],
    });
  });
});
