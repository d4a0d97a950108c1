/** What takes minutes, all at the same time: troubles of a minute, each with a worker and an account of its own, and a thousand videos. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, jest } from '@jest/globals';
import { LONG_POLL_SECONDS } from '../../src/aws/clients.ts';
import type { SeenRequest } from '../helpers/fault-proxy.ts';
import { until } from '../helpers/until.ts';
import { startCredentialServer } from './credential-server.ts';
import { analyseDamaged, SEED } from './damaged-videos.ts';
import { openHostileLab } from './hostile-lab.ts';
import { openRealLab, type RealLab, type RealWorker } from './real-lab.ts';

jest.setTimeout(500_000);

const MINUTE_MS = 60_000;
const JOB = { video_s3_key: 'film.mp4', frame_interval_seconds: 1 };

async function inLab(use: (lab: RealLab) => Promise<void>): Promise<void> {
  const lab = await openRealLab();
  try {
    await use(lab);
  } finally {
    await lab.stopWorkers();
    await lab.close();
  }
}

/** Looks at something again and again, for so long. */
async function watch(forMs: number, look: () => Promise<void>): Promise<void> {
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    await look();
    await sleep(500);
  }
}

async function readiness(worker: RealWorker): Promise<{ status: number; why: string }> {
  const { status, body } = await worker.health('/health/ready');
  return { status, why: JSON.stringify(body) };
}

async function expectReady(worker: RealWorker): Promise<void> {
  // A long poll that finds nothing takes 20 s, and the last pause before it up to 30.
  await until(async () => (await readiness(worker)).status === 200, MINUTE_MS);
}

const toSqs = ({ headers }: SeenRequest) => headers['x-amz-target'] !== undefined;

it.concurrent('the main loop and an inference block for 60 s: heartbeats go on', () =>
  inLab(async (lab) => {
    const worker = await lab.start({ VISIBILITY_TIMEOUT_SECONDS: '15' });
    await lab.aws.enqueue({ job_id: 'blocked', ...JOB, frame_interval_seconds: 0.2 });
    await until(() => lab.decoders() > 0);
    await lab.order('detection-blocks');
    await lab.order('main-blocks');
    const renewals = () =>
      lab.proxy.seen.filter(({ operation }) => operation === 'ChangeMessageVisibility').length;
    const before = renewals();
    await watch(MINUTE_MS - 5000, async () => expect(await lab.aws.messagesVisible()).toBe(0));
    // Every third of the visibility timeout, and each a little late: eleven where nothing is.
    expect(renewals() - before).toBeGreaterThanOrEqual(6);
    expect(worker.endings('blocked')).toEqual([]);

    const ending = await worker.ended('blocked');
    expect(ending).toMatchObject({ outcome: 'completed', receiveCount: 1 });
    expect(ending.durationMs).toBeGreaterThan(MINUTE_MS);
    expect(await lab.aws.messagesLeft()).toBe(0);
  }));

it.concurrent('SQS answers 500s and throttles for a minute: the worker stays, says why, backs off and recovers', () =>
  inLab(async (lab) => {
    const worker = await lab.start({ MAX_CONCURRENT_JOBS: '2' });
    await lab.aws.enqueue({ job_id: 'under-way', ...JOB });
    await until(() => lab.decoders() > 0);
    // Both threads, the one at work and the idle one: the job outlasts the trouble.
    for (let thread = 0; thread < 2; thread++) await lab.order('detection-blocks', 1.6 * MINUTE_MS);
    lab.proxy.rule = (request) => (toSqs(request) ? { status: 500, code: 'InternalFailure' } : null);
    // A long poll under way still gets its answer.
    await sleep(LONG_POLL_SECONDS * 1000);
    await until(async () => (await readiness(worker)).status === 503);
    await lab.aws.enqueue({ job_id: 'waiting', ...JOB });
    const seenBefore = lab.proxy.seen.length;
    const expectTrouble = async () => {
      expect(await readiness(worker)).toMatchObject({ status: 503, why: expect.stringContaining('queue') });
      expect((await worker.health('/health')).status).toBe(200);
    };
    await watch(MINUTE_MS / 2, expectTrouble);
    lab.proxy.rule = (request) => (toSqs(request) ? { status: 400, code: 'ThrottlingException' } : null);
    await watch(MINUTE_MS / 2, expectTrouble);
    // Some ten receives and renewals, four attempts each.
    expect(lab.proxy.seen.length - seenBefore).toBeLessThan(100);

    lab.proxy.rule = () => null;
    expect(await worker.ended('waiting')).toMatchObject({ outcome: 'completed' });
    // Its lease was renewed in time: nobody has to do the work again.
    expect(await worker.ended('under-way')).toMatchObject({ outcome: 'completed', receiveCount: 1 });
    await expectReady(worker);
    expect(await lab.aws.messagesLeft()).toBe(0);
  }));

it.concurrent('credentials expire for a minute and come back: the worker takes the new ones by itself', () =>
  inLab(async (lab) => {
    const credentials = await startCredentialServer('FIRST');
    const worker = await lab.start(credentials.env);
    await lab.aws.enqueue({ job_id: 'before', ...JOB });
    expect(await worker.ended('before')).toMatchObject({ outcome: 'completed' });

    credentials.accessKeyId = null;
    lab.proxy.rule = ({ headers }) =>
      headers.authorization?.includes('FIRST') ? { status: 403, code: 'ExpiredToken' } : null;
    // A long poll under way still gets its answer: what it brings could not be given back.
    await sleep((LONG_POLL_SECONDS + 2) * 1000);
    await until(async () => (await readiness(worker)).status === 503);
    await lab.aws.enqueue({ job_id: 'after', ...JOB });
    await watch(MINUTE_MS, async () => expect((await readiness(worker)).status).toBe(503));
    expect(worker.endings('after')).toEqual([]);

    credentials.accessKeyId = 'SECOND';
    expect(await worker.ended('after')).toMatchObject({ outcome: 'completed', receiveCount: 1 });
    await expectReady(worker);
    await credentials.stop();
  }));

it.concurrent('a thousand damaged videos end in a clear error or a valid result each, in bounded time and memory', async () => {
  const lab = await openHostileLab();
  const { files, outcomes, slowestMs, warmRssBytes, lastRssBytes } = await analyseDamaged(lab, 1000);
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  process.stdout.write(
    `${files} damaged videos: ${JSON.stringify(outcomes)}; slowest ${Math.round(slowestMs)} ms, ${mebibytes(warmRssBytes)} RSS after a tenth, ${mebibytes(lastRssBytes)} at the end, seed ${SEED}\n`,
  );
  expect(files).toBe(1000);
  expect(lastRssBytes).toBeLessThan(warmRssBytes + 300 * 2 ** 20);
  expect(lab.leftovers()).toEqual([]);
  await lab.close();
});
