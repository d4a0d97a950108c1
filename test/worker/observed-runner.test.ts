import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createS3Client } from '../../src/aws/clients.ts';
import { S3Store } from '../../src/aws/s3-store.ts';
import { WorkerError } from '../../src/errors.ts';
import { detectMessage } from '../../src/http/detect-message.ts';
import { CpuShare } from '../../src/telemetry/cpu-share.ts';
import { PrometheusSink } from '../../src/telemetry/prometheus-sink.ts';
import type { JobEnding } from '../../src/worker/job-runner.ts';
import { ObservedRunner } from '../../src/worker/observed-runner.ts';
import type { ReceivedMessage } from '../../src/worker/ports.ts';
import { ResultStore } from '../../src/worker/result-store.ts';
import { BUCKET, createQueue, putObject, REGION, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { startFaultProxy } from '../helpers/fault-proxy.ts';
import { startWorker } from '../helpers/test-worker.ts';

const SUMMARY = {
  total_frames: 30,
  faces_detected: 12,
  poses_detected: 7,
  unique_face_tracks: 2,
  unique_pose_tracks: 1,
  processing_time_ms: 6000,
};

const COMPLETED: JobEnding = {
  outcome: { name: 'completed' },
  jobId: 'job-1',
  durationMs: 9000,
  facts: {
    downloadMs: 400,
    analyseMs: 6000,
    callbackMs: 50,
    stages: { probeMs: 100, decodeMs: 2000, inferenceMs: 3500, trackingMs: 50 },
    summary: SUMMARY as NonNullable<JobEnding['facts']['summary']>,
    videoMs: 60_000,
  },
};

function received(receiveCount: number, waitMs: number): ReceivedMessage {
  return {
    messageId: 'm-1',
    receiptHandle: 'r-1',
    body: '{}',
    receiveCount,
    maxReceiveCount: 10,
    sentAtMs: Date.now() - waitMs,
    receivedAtMs: performance.now(),
    changeVisibility: async () => {},
    delete: async () => {},
    resend: async () => {},
  };
}

async function metricsOf(ending: JobEnding, message = received(1, 2000)): Promise<string> {
  const metrics = new PrometheusSink();
  const observed = new ObservedRunner({ runner: { run: async () => ending }, metrics, cpu: new CpuShare() });
  expect(await observed.run(message, new AbortController().signal, () => {})).toBe(ending.outcome);
  return await metrics.exposition();
}

describe('an observed job', () => {
  it('is measured from its send to its end', async () => {
    const metrics = await metricsOf(COMPLETED);
    expect(metrics).toContain('jobs_total{outcome="completed"} 1');
    expect(metrics).toContain('job_duration_seconds_sum 9');
    expect(metrics).toContain('stage_duration_seconds_sum{stage="inference"} 3.5');
    expect(metrics).toContain('stage_duration_seconds_sum{stage="callback"} 0.05');
    expect(metrics).toContain('job_real_time_factor_sum 0.1');
    expect(metrics).toContain('faces_total 12');
    expect(metrics).toMatch(/queue_wait_seconds_sum (1\.9|2\.)/);
  });

  it('counts as what it ended in, without what it did not come to', async () => {
    const error = new WorkerError('SHUTTING_DOWN', 'this worker is shutting down');
    const metrics = await metricsOf({
      outcome: { name: 'released', error },
      jobId: 'job-1',
      durationMs: 100,
      facts: { downloadMs: 70 },
    });
    expect(metrics).toContain('jobs_total{outcome="released"} 1');
    expect(metrics).toContain('stage_duration_seconds_sum{stage="download"} 0.07');
    expect(metrics).toContain('job_real_time_factor_count 0');
  });

  it('shares the CPU time with the jobs of other runners of the process', async () => {
    let cpuMs = 0;
    const shared = { metrics: new PrometheusSink(), cpu: new CpuShare(() => cpuMs) };
    const hold = Promise.withResolvers<JobEnding>();
    const runner = { run: () => hold.promise };
    const { signal } = new AbortController();
    const jobs = [1, 2].map(() =>
      new ObservedRunner({ runner, ...shared }).run(received(1, 0), signal, () => {}),
    );
    cpuMs = 3000;
    hold.resolve(COMPLETED);
    await Promise.all(jobs);
    expect(await shared.metrics.exposition()).toContain('job_cpu_seconds_sum 3');
  });

  it('has waited for nothing, and was handed out by nobody, when it came by HTTP', async () => {
    const metrics = await metricsOf(COMPLETED, detectMessage('{}'));
    expect(metrics).toContain('jobs_total{outcome="completed"} 1');
    expect(metrics).toContain('queue_wait_seconds_count 0');
    expect(metrics).toContain('receive_count_count 0');
  });

  it('may be a message that was no job at all', async () => {
    const error = new WorkerError('MESSAGE_UNREADABLE', 'not JSON');
    const ending: JobEnding = {
      outcome: { name: 'unreadable', error },
      jobId: null,
      durationMs: 1,
      facts: {},
    };
    expect(await metricsOf(ending, received(3, 0))).toContain('jobs_total{outcome="unreadable"} 1');
  });
});

describe('what was found', () => {
  let cloud: TestCloud;

  beforeAll(async () => {
    cloud = await startCloud();
    await putObject(cloud, 'video.mp4', 'the bytes of a video');
  });

  afterAll(() => cloud.stop());

  it('counts once its result is stored, whoever can be told of that, and once only', async () => {
    const proxy = await startFaultProxy(cloud.endpoint);
    const s3 = createS3Client({ region: REGION, endpointUrl: proxy.endpoint });
    const store = new S3Store(s3);
    const results = new ResultStore({ store, bucket: BUCKET, prefix: 'detections/' });
    const { url: queueUrl } = await createQueue(cloud, 'unused');
    const worker = await startWorker(cloud, { queueUrl, overrides: { store, results } });
    const metrics = new PrometheusSink();
    const observed = new ObservedRunner({ runner: worker.runner, metrics, cpu: new CpuShare() });
    const body = JSON.stringify({
      job_id: 'job-1',
      video_s3_key: 'video.mp4',
      callback_url: 'http://127.0.0.1:1/',
    });
    const countedAfter = async (receiveCount: number, code: string) => {
      const message = { ...received(receiveCount, 0), body };
      const outcome = await observed.run(message, new AbortController().signal, () => {});
      expect(outcome).toMatchObject({ name: 'retry', error: { code } });
      const text = await metrics.exposition();
      const shown = (series: string) => Number(text.split(`\nclipping_worker_${series} `)[1]?.split('\n')[0]);
      return [shown('stage_duration_seconds_count{stage="inference"}'), shown('frames_total')];
    };
    try {
      proxy.rule = ({ operation, path }) =>
        operation === 'PUT' && path.endsWith('/job-1.json') ? { status: 403, code: 'AccessDenied' } : null;
      expect(await countedAfter(1, 'STORAGE_UNAVAILABLE')).toEqual([1, 0]);
      proxy.rule = () => null;
      expect(await countedAfter(2, 'CALLBACK_FAILED')).toEqual([2, 1]);
      expect(await countedAfter(3, 'CALLBACK_FAILED')).toEqual([2, 1]);
    } finally {
      await worker.stop();
      s3.destroy();
      await proxy.stop();
    }
  });
});
