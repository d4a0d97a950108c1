/**
 * A process that ends its detection threads by force in the middle of inference, again and again, and leaves in the middle of one more.
 * Arguments: video, folder, how often, number of threads; of two, the second one assists.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAnalysisConfig } from '../../src/config.ts';
import { engineOptions } from '../../src/engine-options.ts';
import { toWorkerError, WorkerError } from '../../src/errors.ts';
import { DetectionPool } from '../../src/pipeline/detection-pool.ts';

const [file = '', folder = '', times = '', threads = ''] = process.argv.slice(2);
// Large pictures, so that the thread is nearly always in a network.
const env = { ...process.env, FACE_INPUT_SIZE: '1280' };
const pool = new DetectionPool({
  threads: Number(threads),
  engines: engineOptions(readAnalysisConfig(env), env),
  abortGraceMs: 0,
});

/** Resolves to the code of what it ended with, and calls back in the middle of inference. */
async function analyse(job: number, signal: AbortSignal, onInference: () => void): Promise<string> {
  const own = join(folder, String(job));
  await mkdir(own);
  const request = { jobId: `job-${job}`, file, folder: own, detectFaces: true, detectPoses: true };
  const onProgress = () => void sleep((job * 17) % 60).then(onInference);
  return await pool.analyse({ ...request, frameIntervalSeconds: 0.04 }, onProgress, signal).then(
    () => 'completed',
    (error: unknown) => toWorkerError(error).code,
  );
}

for (let job = 0; job < Number(times); job++) {
  const abort = new AbortController();
  const reason = new WorkerError('JOB_DEADLINE_EXCEEDED', 'too late');
  process.stdout.write(`${await analyse(job, abort.signal, () => abort.abort(reason))}\n`);
}
await new Promise<void>((resolve) => {
  void analyse(Number(times), new AbortController().signal, resolve);
});
await pool.halt();
process.stdout.write('left\n');
process.exit(0);
