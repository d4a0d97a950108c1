/** A worker process for the fault suite: the real parts around an analysis that is played, and a wish where to die. */
import { appendFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createS3Client, createSqsClient } from '../../src/aws/clients.ts';
import { LeaseKeeper } from '../../src/aws/lease-keeper.ts';
import { S3Store } from '../../src/aws/s3-store.ts';
import { SqsIntake } from '../../src/aws/sqs-intake.ts';
import { WorkerError } from '../../src/errors.ts';
import { observationsFile } from '../../src/pipeline/analysis.ts';
import { Isolation } from '../../src/worker/isolation.ts';
import { JobRunner } from '../../src/worker/job-runner.ts';
import type { Notifier, ReceivedMessage, VideoAnalyser } from '../../src/worker/ports.ts';
import { ResultStore } from '../../src/worker/result-store.ts';
import { sweepTempFolders } from '../../src/worker/temp-folder.ts';
import { Worker } from '../../src/worker/worker.ts';
import { seededRandom } from '../../tools/seeded-random.ts';
import { emptyAnalysis, PLAIN_NOTIFIER } from '../helpers/test-worker.ts';
import type { FaultWorkerOptions, ResourceUse, Stage, WorkerEvent } from './fault-worker-protocol.ts';

const options = JSON.parse(process.env.FAULT_WORKER ?? '{}') as FaultWorkerOptions;
const { endpoint, queueUrl, bucket, tempDir, slots, visibilityTimeoutSeconds, analysis } = options;

const random = seededRandom(options.seed ?? 1);

function tell(event: WorkerEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function dieAt(stage: Stage): void {
  if (options.dieAt === stage) process.kill(process.pid, 'SIGKILL');
}

/** The store, dying around the result. */
class MortalStore extends S3Store {
  override async put(...[location, bytes, put, signal]: Parameters<S3Store['put']>) {
    const isResult = location.key.startsWith('detections/') && !location.key.includes('.journal/');
    if (isResult) dieAt('before the result');
    const etag = await super.put(location, bytes, put, signal);
    if (isResult) dieAt('after the result');
    return etag;
  }
}

/** Works in steps of ten milliseconds; its checkpoint is one byte for each step done. */
const analyser: VideoAnalyser = {
  async analyse(request, onProgress, signal) {
    const file = observationsFile(request);
    const resumedFrom = request.resume === true ? statSync(file).size : 0;
    tell({ event: 'analysing', jobId: request.jobId, resumedFrom });
    if (request.jobId.startsWith('poison')) process.kill(process.pid, 'SIGSEGV');
    for (let step = resumedFrom; step < analysis.steps; step++) {
      await sleep(10, undefined, { signal }).catch(() => {
        throw signal.reason;
      });
      appendFileSync(file, '.');
      const checkpoint = analysis.isShort === true ? {} : { checkpoint: step + 1 };
      onProgress({ framesDone: step + 1, framesTotal: analysis.steps, ...checkpoint });
      if (step === 3) dieAt('mid-analysis');
    }
    if (random() < (analysis.failureRate ?? 0)) {
      throw new WorkerError('STORAGE_UNAVAILABLE', 'a planned fault');
    }
    return emptyAnalysis(request);
  },
};

const notifier: Notifier = {
  async notify(...parameters) {
    dieAt('before the callback');
    const notified = await PLAIN_NOTIFIER.notify(...parameters);
    dieAt('after the callback');
    return notified;
  },
};

function resourceUse(): ResourceUse {
  globalThis.gc?.();
  return {
    heapBytes: process.memoryUsage().heapUsed,
    rssBytes: process.memoryUsage.rss(),
    fileDescriptors: readdirSync('/proc/self/fd').length,
    threads: Number(/Threads:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]),
    tempFiles: readdirSync(tempDir).length,
  };
}

const aws = { region: 'us-east-1', endpointUrl: endpoint };
const s3 = createS3Client(aws);
s3.middlewareStack.add(
  (next, { commandName }) =>
    async (args) => {
      const answer = await next(args);
      // Parts of a video are asked for by its version; their bytes have begun to come.
      if (commandName === 'GetObjectCommand' && 'IfMatch' in args.input) dieAt('during download');
      return answer;
    },
  { step: 'initialize' },
);
const store = new MortalStore(s3, {
  backOff: { baseMs: 10, maxMs: 100 },
  idleTimeoutMs: options.idleTimeoutMs ?? 1000,
});
const leases = new LeaseKeeper({ ...aws, queueUrl, visibilityTimeoutSeconds });
const logger = pino({ level: 'silent' });
const runner = new JobRunner({
  store,
  results: new ResultStore({ store, bucket, prefix: 'detections/' }),
  analyser,
  notifier,
  isolation: new Isolation(),
  tempDir,
  maxVideoBytes: 1e9,
  jobTimeoutMs: 60_000,
  retryBackOff: { baseMs: 500, maxMs: 1000 },
  policy: { defaultBucket: bucket, allowedBuckets: [], defaultFrameIntervalSeconds: 2 },
  holdLease: (message) => leases.hold(message),
  logger,
});
const intake = new SqsIntake({
  sqs: createSqsClient(aws),
  queueUrl,
  slots,
  visibilityTimeoutSeconds,
  longPollSeconds: 2,
  logger,
  backOff: { baseMs: 50, maxMs: 500 },
});
const worker = new Worker({
  intake,
  runner: {
    async run(message: ReceivedMessage, shutdown: AbortSignal, releaseSlot: () => void) {
      dieAt('after receive');
      // Not a wish of the job's but of the message's: only its delete is touched.
      const remove = message.delete.bind(message);
      message.delete = (signal) => {
        dieAt('before the delete');
        return remove(signal);
      };
      const { outcome, jobId } = await runner.run(message, shutdown, releaseSlot);
      tell({ event: 'ended', jobId, outcome: outcome.name });
    },
  },
});

process.on('SIGTERM', async () => {
  await worker.stop(options.graceMs ?? 0);
  tell({ event: 'stopped' });
  process.exit(0);
});
process.on('SIGUSR2', () => tell({ event: 'resources', use: resourceUse() }));

await sweepTempFolders(tempDir);
// As in the real worker: no message's time runs before its lease can be renewed.
await leases.ready();
worker.start();
tell({ event: 'started' });
