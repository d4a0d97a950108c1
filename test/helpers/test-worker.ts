/** A worker whose parts are the real ones, except for the analysis, which a test plays. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { S3Store } from '../../src/aws/s3-store.ts';
import { SqsIntake } from '../../src/aws/sqs-intake.ts';
import { WorkerError } from '../../src/errors.ts';
import type { Analysis, AnalysisRequest } from '../../src/pipeline/analysis.ts';
import { Isolation } from '../../src/worker/isolation.ts';
import { JobRunner, type JobRunnerOptions } from '../../src/worker/job-runner.ts';
import { holdLease } from '../../src/worker/lease.ts';
import type { Outcome } from '../../src/worker/outcome.ts';
import type { Notifier, ReceivedMessage, VideoAnalyser } from '../../src/worker/ports.ts';
import { ResultStore } from '../../src/worker/result-store.ts';
import { Worker } from '../../src/worker/worker.ts';
import { BUCKET, type TestCloud } from './cloud.ts';

export const SILENT = pino({ level: 'silent' });

/** One POST without a second try: how callbacks are really delivered is tested where that is done. */
export const PLAIN_NOTIFIER: Notifier = {
  async notify(url, eventId, event, signal) {
    const headers = { 'content-type': 'application/json', 'webhook-id': eventId };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(event), signal }).catch(
      () => null,
    );
    if (answer === null || !answer.ok)
      throw new WorkerError('CALLBACK_FAILED', 'the receiver did not take the event');
    return 'taken';
  },
};

export interface TestWorkerOptions {
  readonly queueUrl: string;
  readonly analyse?: VideoAnalyser['analyse'];
  readonly slots?: number;
  readonly visibilityTimeoutSeconds?: number;
  /** 1 by default. A busy machine may take longer from one receive to the next than a slot that is asked for waits: where that matters, let them be long. */
  readonly longPollSeconds?: number;
  readonly overrides?: Partial<JobRunnerOptions>;
}

export interface TestWorker {
  readonly worker: Worker;
  readonly intake: SqsIntake;
  readonly runner: JobRunner;
  /** In the order in which the jobs ended. */
  readonly outcomes: readonly Outcome[];
  readonly requests: readonly AnalysisRequest[];
  /** Names in the worker's temporary folder. */
  tempFiles(): Promise<string[]>;
  stop(graceMs?: number): Promise<void>;
}

/** An analysis that found nobody in one frame. */
export function emptyAnalysis({ jobId }: AnalysisRequest): Analysis {
  const summary = {
    total_frames: 1,
    faces_detected: 0,
    poses_detected: 0,
    unique_face_tracks: 0,
    unique_pose_tracks: 0,
    processing_time_ms: 1,
  };
  const json = new Blob([JSON.stringify({ job_id: jobId, status: 'completed', summary })]);
  return {
    json,
    summary,
    durations: { probeMs: 0, decodeMs: 0, inferenceMs: 0, trackingMs: 0 },
    sampling: null,
    videoMs: 0,
  };
}

export async function startWorker(cloud: TestCloud, options: TestWorkerOptions): Promise<TestWorker> {
  const { queueUrl, slots = 2, visibilityTimeoutSeconds = 30, longPollSeconds = 1, overrides = {} } = options;
  const analyse = options.analyse ?? (async (request) => emptyAnalysis(request));
  const tempDir = await mkdtemp(join(tmpdir(), 'worker-test-'));
  const store = new S3Store(cloud.s3, { backOff: { baseMs: 10, maxMs: 50 } });
  const outcomes: Outcome[] = [];
  const requests: AnalysisRequest[] = [];
  const runner = new JobRunner({
    store,
    results: new ResultStore({ store, bucket: BUCKET, prefix: 'detections/' }),
    analyser: {
      analyse(request, onProgress, signal) {
        requests.push(request);
        return analyse(request, onProgress, signal);
      },
    },
    notifier: PLAIN_NOTIFIER,
    isolation: new Isolation(),
    tempDir,
    maxVideoBytes: 1_000_000,
    jobTimeoutMs: 60_000,
    policy: { defaultBucket: BUCKET, allowedBuckets: [], defaultFrameIntervalSeconds: 2 },
    holdLease: (message) => holdLease(message, visibilityTimeoutSeconds),
    logger: SILENT,
    ...overrides,
  });
  const intake = new SqsIntake({
    sqs: cloud.sqs,
    queueUrl,
    slots,
    visibilityTimeoutSeconds,
    longPollSeconds,
    logger: SILENT,
    backOff: { baseMs: 10, maxMs: 50 },
  });
  const worker = new Worker({
    intake,
    runner: {
      async run(message: ReceivedMessage, shutdown: AbortSignal, releaseSlot: () => void) {
        const { outcome } = await runner.run(message, shutdown, releaseSlot);
        outcomes.push(outcome);
        return outcome;
      },
    },
  });
  worker.start();
  return {
    worker,
    intake,
    runner,
    outcomes,
    requests,
    tempFiles: () => readdir(tempDir),
    async stop(graceMs = 0) {
      await worker.stop(graceMs);
      await rm(tempDir, { recursive: true, force: true });
    },
  };
}
