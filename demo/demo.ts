/** The whole way of a job on one machine: an emulated AWS, a video, a message, the worker as a process, a callback, a result. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { JobMessage } from '../src/contract/job.ts';
import type { CompletedResult } from '../src/contract/result.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import { compareWithTruth } from './compare-with-truth.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';
import { type LocalReceiver, startLocalReceiver } from './local-receiver.ts';
import { renderSceneBytes } from './render-scene.ts';
import { DEMO_SCENE } from './scene.ts';
import { awaitWorker, type RunningWorker, startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/** Where the emulator listens for a worker that was started elsewhere. */
const EMULATOR_PORT = 4566;

const HELP = `Runs the worker's main job end to end on this machine, without AWS.

Usage: npm run demo [-- [--worker-url URL] [VIDEO]]

Without VIDEO a film of two drawn people is made, whose truth is known, and the result is held against it.
Two jobs run side by side on the video: one frame every 2 seconds, and one every 0.5 seconds. Results are left in ./out.

With --worker-url the jobs are for a worker that runs already, in a container for example. It finds the emulator on port ${EMULATOR_PORT}:
  AWS_ENDPOINT_URL=http://127.0.0.1:${EMULATOR_PORT}  SQS_QUEUE_URL=http://127.0.0.1:${EMULATOR_PORT}/000000000000/detection-jobs
  S3_BUCKET=demo-videos  AWS_ACCESS_KEY_ID=demo  AWS_SECRET_ACCESS_KEY=demo  CALLBACK_ALLOW_HOSTS=127.0.0.1`;

const VIDEO_KEY = 'videos/demo.mp4';
const JOBS: readonly JobMessage[] = [
  { job_id: 'demo-every-2s', video_s3_key: VIDEO_KEY, frame_interval_seconds: 2 },
  { job_id: 'demo-every-0.5s', video_s3_key: VIDEO_KEY, frame_interval_seconds: 0.5 },
];

/** Fields of the worker's log lines that tell the story; the rest is for machines. */
const TOLD_FIELDS = ['jobId', 'outcome', 'code', 'reason', 'durationMs', 'signal'];

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

let steps = 0;
function step(text: string): void {
  steps += 1;
  say(`\n${steps}. ${text}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h', default: false }, 'worker-url': { type: 'string' } },
  });
  if (values.help) return say(HELP);
  const { 'worker-url': workerUrl } = values;
  const [ownVideo] = positionals;

  step('An SQS and S3 emulator and a webhook receiver start on loopback');
  const aws = await startLocalAws(workerUrl === undefined ? 0 : EMULATOR_PORT);
  const receiver = await startLocalReceiver();
  try {
    say(`   queue ${aws.queueUrl}, bucket ${aws.bucket}, receiver ${receiver.url}`);

    step(
      ownVideo === undefined ? 'A film of two drawn people is made and uploaded' : `${ownVideo} is uploaded`,
    );
    const video = ownVideo === undefined ? await drawnFilm() : await readFile(ownVideo);
    await aws.upload(VIDEO_KEY, video);
    say(`   s3://${aws.bucket}/${VIDEO_KEY}, ${(video.length / 1024).toFixed(0)} KiB`);

    step(workerUrl === undefined ? 'The worker starts as a process of its own' : 'The worker is waited for');
    const worker: RunningWorker & Partial<WorkerProcess> =
      workerUrl === undefined ? await startWorker(aws) : await awaitWorker(workerUrl);
    say(`   ready: ${worker.healthUrl}/health/ready answers 200`);

    try {
      const jobs = runJobs(worker, aws, receiver, ownVideo === undefined);
      await (worker.exited === undefined ? jobs : Promise.race([jobs, worker.exited]));
      if (worker.stop !== undefined) {
        step('The worker is asked to stop');
        say(`   exit code ${await worker.stop()}`);
      }
    } finally {
      await worker.stop?.();
    }
    say(`   messages left on the queue: ${await aws.messagesLeft()}`);
  } finally {
    await receiver.stop();
    await aws.stop();
  }
}

async function runJobs(
  worker: RunningWorker,
  aws: LocalAws,
  receiver: LocalReceiver,
  truthIsKnown: boolean,
): Promise<void> {
  step('Two messages are put on the queue; the worker takes both at once');
  for (const job of JOBS) {
    const message = { ...job, callback_url: receiver.url };
    await aws.enqueue(message);
    say(`   ${JSON.stringify(message)}`);
  }

  step('The jobs run, and the receiver gets one callback for each');
  for (const event of await Promise.all(JOBS.map(({ job_id }) => receiver.eventOf(job_id)))) {
    say(`   ${JSON.stringify(event)}`);
  }
  const { body } = await worker.health('/health');
  say(`   the main thread meanwhile: ${JSON.stringify(body)}`);

  step('The results lie in S3');
  for (const { job_id } of JOBS) await showResult(aws, job_id, truthIsKnown);
}

async function startWorker(aws: LocalAws): Promise<WorkerProcess> {
  return await startWorkerProcess({
    env: { ...aws.env, MAX_CONCURRENT_JOBS: '2', CALLBACK_ALLOW_HOSTS: '127.0.0.1' },
    onLogLine: (line) => say(`   | ${tell(line)}`),
  });
}

async function drawnFilm(): Promise<Buffer> {
  return renderSceneBytes(DEMO_SCENE, 'mp4', findFfmpeg(process.env));
}

async function showResult(aws: LocalAws, jobId: string, truthIsKnown: boolean): Promise<void> {
  const { text, key, result } = await aws.resultOf(jobId);
  const copy = join('out', `${jobId}.json`);
  await mkdir('out', { recursive: true });
  await writeFile(copy, text);
  say(`   s3://${aws.bucket}/${key}, a copy is in ${copy}`);
  if (result.status === 'failed')
    return say(`     failed with ${result.error.code}: ${result.error.message}`);
  say(`     ${JSON.stringify(result.summary)}`);
  for (const { kind, track_id, person_id, observations, first_ms, last_ms } of result.tracks) {
    const time = `${(first_ms / 1000).toFixed(1)} to ${(last_ms / 1000).toFixed(1)} s`;
    say(`     person ${person_id}: ${kind} ${track_id}, seen ${observations} times, ${time}`);
  }
  if (truthIsKnown) showComparison(result);
}

function showComparison(result: CompletedResult): void {
  const { drawn, found, meanIou, phantoms, identities, worstTimestampErrorMs } = compareWithTruth(
    result,
    DEMO_SCENE,
  );
  say(
    `     held against what was drawn: ${found} of ${drawn} faces found (mean IoU ${meanIou.toFixed(2)}), ${phantoms} found that were not drawn, timestamps at most ${worstTimestampErrorMs.toFixed(1)} ms off`,
  );
  for (const [person, ids] of identities) {
    say(
      `     ${person} is face ${ids.join(' and ')}${ids.length === 1 ? ' throughout' : ': an identity was lost'}`,
    );
  }
}

function tell(line: string): string {
  try {
    const { level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const told = TOLD_FIELDS.filter((name) => fields[name] !== undefined);
    return `${String(level)}: ${[String(msg), ...told.map((name) => `${name}=${String(fields[name])}`)].join(' ')}`;
  } catch {
    return line;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
