/** Puts the rooms together to a worker: what comes from the queue, or over HTTP, to what is done about it. */
import type { AwsClients } from './aws/clients.ts';
import { EcsTaskProtection } from './aws/ecs-task-protection.ts';
import { jobSender } from './aws/job-sender.ts';
import { LeaseKeeper } from './aws/lease-keeper.ts';
import { askBucket, askQueue } from './aws/reachability.ts';
import { S3Store } from './aws/s3-store.ts';
import { SqsIntake } from './aws/sqs-intake.ts';
import type { CallbackServices } from './callback-services.ts';
import type { Config } from './config.ts';
import { type DetectEndpoint, detectEndpoint } from './http/detect-endpoint.ts';
import { holdNothing } from './http/detect-message.ts';
import type { Logger } from './log.ts';
import { planDownload } from './media/download-plan.ts';
import type { DetectionPool } from './pipeline/detection-pool.ts';
import { CpuShare } from './telemetry/cpu-share.ts';
import type { MetricSink } from './telemetry/metric-definitions.ts';
import type { RangedDownloads, VideoServices } from './worker/analyse-stored-video.ts';
import { DependencyWatch } from './worker/dependency-watch.ts';
import { Isolation } from './worker/isolation.ts';
import { JobRunner } from './worker/job-runner.ts';
import type { HoldLease } from './worker/lease.ts';
import { ObservedRunner } from './worker/observed-runner.ts';
import { ResourceGuard } from './worker/resource-guard.ts';
import { ResultStore } from './worker/result-store.ts';
import { Worker, type WorkerOptions } from './worker/worker.ts';

/** What a worker is made of, made before it. */
interface Parts {
  readonly pool: DetectionPool;
  readonly clients: AwsClients;
  readonly callbacks: CallbackServices;
  readonly metrics: MetricSink;
}

/** The worker, and what begins and ends with it. */
interface Assembled {
  readonly worker: Worker;
  readonly watches: readonly DependencyWatch[];
  readonly leases: LeaseKeeper;
  /** Null unless it is served. */
  readonly detect: DetectEndpoint | null;
}

/** Nothing of it runs before it is started. */
export function assembleWorker(
  config: Config,
  { pool, clients, callbacks, metrics }: Parts,
  logger: Logger,
): Assembled {
  const { s3, sqs } = clients;
  const store = new S3Store(s3);
  const { queueUrl, visibilityTimeoutSeconds } = config;
  const policy = {
    defaultBucket: config.bucket,
    allowedBuckets: config.allowedVideoBuckets,
    defaultFrameIntervalSeconds: config.frameIntervalSeconds,
    defaultSamplingToleranceSeconds: config.samplingToleranceSeconds,
  };
  const resultsAt = { bucket: config.resultBucket ?? config.bucket, prefix: config.resultPrefix };
  const results = new ResultStore({ store, ...resultsAt });
  const leases = new LeaseKeeper({
    region: config.awsRegion,
    endpointUrl: config.awsEndpointUrl,
    queueUrl: config.queueUrl,
    visibilityTimeoutSeconds,
    onRenewal: (lateMs) => metrics.record('heartbeatLatenessSeconds', lateMs / 1000),
  });
  const jobs = {
    policy,
    logger,
    store,
    results,
    analyser: pool,
    notifier: callbacks.courier,
    isolation: new Isolation(),
    tempDir: config.tempDir,
    maxVideoBytes: config.maxVideoBytes,
    ...rangedDownloads(config),
    jobTimeoutMs: config.jobTimeoutSeconds * 1000,
    checkpointEveryMs: config.checkpointSeconds * 1000,
    rerunFinished: config.jobRerun === 'always',
  };
  const cpu = new CpuShare();
  const runnerWith = (holdLease: HoldLease) =>
    new ObservedRunner({ runner: new JobRunner({ ...jobs, holdLease }), metrics, cpu });
  const queue = new DependencyWatch({ name: 'the queue', ask: askQueue(sqs, queueUrl, logger), logger });
  const storage = new DependencyWatch({ name: 'S3', ask: askBucket(s3, resultsAt, logger), logger });
  const guard = new ResourceGuard({ ...config, runningJobs: () => worker.running });
  const intake = new SqsIntake({
    sqs,
    queueUrl,
    slots: config.maxConcurrentJobs,
    visibilityTimeoutSeconds,
    settled: () => storage.settled(),
    shortage: async () => storage.problem ?? (await guard.shortage()),
    logger,
  });
  const runner = runnerWith((message) => leases.hold(message));
  const worker = new Worker({
    intake,
    runner: {
      async run(message, shutdown, releaseSlot) {
        const outcome = await runner.run(message, shutdown, releaseSlot);
        // The slot's next receive waits for the answer: an outage uses up no receive of the messages behind this one.
        if (outcome.name !== 'completed' && outcome.error.code === 'STORAGE_UNAVAILABLE') void storage.ask();
      },
    },
    dependencies: [queue, storage],
    ...protectionOf(config, logger),
  });
  const detect = detectEndpoint({
    policy,
    worker,
    runner: runnerWith(holdNothing),
    sendJob: jobSender(sqs, queueUrl),
    results,
    store,
    token: config.httpDetectToken ?? null,
  });
  return { worker, watches: [queue, storage], leases, detect: config.httpDetect ? detect : null };
}

/** Downloads are kept to what the samples need, unless the configuration says otherwise. */
function rangedDownloads({ downloadMode }: Config): Pick<VideoServices, 'ranged'> {
  if (downloadMode === 'full') return {};
  const planFor: RangedDownloads['planFor'] = (sampling) => (videoBytes, read, signal) =>
    planDownload(videoBytes, sampling, read, signal);
  return { ranged: { planFor, always: downloadMode === 'ranged' } };
}

/** On ECS, the task is protected from scale-in and deployments while jobs run. */
function protectionOf(
  { ecsAgentUri: agentUri }: Config,
  logger: Logger,
): Pick<WorkerOptions, 'onRunningJobs'> {
  if (agentUri === undefined) return {};
  const protection = new EcsTaskProtection({ agentUri, logger });
  return { onRunningJobs: (jobs) => protection.onRunningJobs(jobs) };
}
