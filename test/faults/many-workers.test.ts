import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { DetectionEvent } from '../../src/contract/callback.ts';
import { seededRandom } from '../../tools/seeded-random.ts';
import { createQueue, listKeys, queueDepth, sendMessage } from '../helpers/cloud.ts';
import { until } from '../helpers/until.ts';
import { EMPTY, type FaultLab, openFaultLab } from './fault-lab.ts';
import type { WorkerProcess } from './worker-process.ts';

jest.setTimeout(300_000);

const JOBS = 500;
const PROCESSES = 4;
const SLOTS = 5;
const SEED = 20_240_601;

function endingOf(event: DetectionEvent): string {
  return event.type === 'detection.completed' ? 'completed' : event.data.error.code;
}

describe('many workers', () => {
  let lab: FaultLab;

  beforeAll(async () => {
    lab = await openFaultLab();
  });

  afterEach(() => lab.reset());

  afterAll(() => lab.close());

  it('two workers with copies of one job give one result, and the receiver hears of one ending', async () => {
    const queue = await createQueue(lab.cloud, 'shared', 10);
    await sendMessage(lab.cloud, queue.url, lab.job('shared'));
    await sendMessage(lab.cloud, queue.url, lab.job('shared'));
    const workers = [1, 2].map(() => lab.start(queue.url, { analysis: { steps: 50 } }));
    await until(() => workers.every((worker) => worker.all('ended').length >= 1));
    await until(() => lab.isEmpty(queue.url));
    expect(await listKeys(lab.cloud, 'detections/shared')).toEqual(['detections/shared.json']);
    expect(new Set(lab.callbacksOf('shared').map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('two workers that hold one message, since the first was frozen for a while, give one result', async () => {
    const queue = await createQueue(lab.cloud, 'frozen', 10);
    await sendMessage(lab.cloud, queue.url, lab.job('frozen'));
    const options = { analysis: { steps: 300 }, visibilityTimeoutSeconds: 10 };
    const first = lab.start(queue.url, options);
    await until(() => first.all('analysing').length === 1);
    first.signal('SIGSTOP');
    const second = lab.start(queue.url, options);
    await until(() => second.all('analysing').length === 1);
    first.signal('SIGCONT');
    await until(() => first.all('ended').length === 1 && second.all('ended').length === 1);

    expect(first.all('ended')).toMatchObject([{ outcome: 'released' }]);
    expect(second.all('ended')).toMatchObject([{ outcome: 'completed' }]);
    expect(await listKeys(lab.cloud, 'detections/frozen')).toEqual(['detections/frozen.json']);
    expect(lab.callbacksOf('frozen')).toHaveLength(1);
    expect(await listKeys(lab.cloud, 'detections/.journal/frozen/')).toEqual([]);
    expect(await lab.isEmpty(queue.url)).toBe(true);
  });

  it(`twenty slots and ${JOBS} jobs under random faults give ${JOBS} results, each once, and no dead letter`, async () => {
    const random = seededRandom(SEED);
    const queue = await createQueue(lab.cloud, 'chaos', 50);
    lab.proxy.rule = ({ headers }) => {
      const fate = random();
      if (fate < 0.01) return { status: 500, code: 'InternalError' };
      if (fate < 0.015) return { status: 503, code: 'SlowDown' };
      return fate < 0.02 && headers['x-amz-target'] === undefined ? { dropAfterBytes: 100 } : null;
    };
    let started = 0;
    const startOne = () =>
      lab.startBehindProxy(queue.url, {
        slots: SLOTS,
        seed: SEED + started++,
        analysis: { steps: 5, failureRate: 0.03 },
      });
    const workers: WorkerProcess[] = Array.from({ length: PROCESSES }, startOne);
    const ids = Array.from({ length: JOBS }, (_, i) => `chaos-${String(i).padStart(3, '0')}`);
    for (const id of ids) await sendMessage(lab.cloud, queue.url, lab.job(id));

    let kills = 0;
    const isDone = async () => (await lab.isEmpty(queue.url)) && (await resultsOf('chaos-')).length === JOBS;
    while (!(await isDone())) {
      await sleep(500 + random() * 1500);
      if (kills >= 12) continue;
      const victim = Math.floor(random() * PROCESSES);
      await workers[victim]?.kill(random() < 0.5 ? 'SIGKILL' : 'SIGTERM');
      workers[victim] = startOne();
      kills += 1;
    }

    expect(await resultsOf('chaos-')).toEqual(ids.map((id) => `detections/${id}.json`));
    expect(await queueDepth(lab.cloud, queue.deadLetterUrl)).toEqual(EMPTY);
    let callbacks = 0;
    for (const id of ids) {
      const events = lab.callbacksOf(id);
      callbacks += events.length;
      expect(new Set(events.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      const endings = new Set(events.map(({ event }) => endingOf(event)));
      expect(endings.size).toBe(1);
      // Whoever is killed twice over the same job must take the job for the cause.
      expect(['completed', 'WORKER_CRASHED']).toContain([...endings][0]);
    }
    process.stdout.write(
      `${JOBS} jobs, ${started} processes, ${kills} of them killed, ${callbacks} callbacks, seed ${SEED}\n`,
    );
  });

  async function resultsOf(prefix: string): Promise<string[]> {
    return await listKeys(lab.cloud, `detections/${prefix}`);
  }
});
