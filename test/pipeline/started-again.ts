/**
 * A process that analyses two videos side by side, whose second thread cannot start at first: see fails-to-start.ts.
 * Arguments: video, folder.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAnalysisConfig } from '../../src/config.ts';
import { engineOptions } from '../../src/engine-options.ts';
import { WorkerError } from '../../src/errors.ts';
import { DetectionPool } from '../../src/pipeline/detection-pool.ts';

const [file = '', folder = ''] = process.argv.slice(2);
const obstacle = process.env.NO_THREADS_WHILE ?? '';
const pool = new DetectionPool({
  threads: 2,
  engines: engineOptions(readAnalysisConfig(process.env), process.env),
  onThreadLost: (error) => {
    process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
    void rm(obstacle);
  },
});

async function analyse(job: string, frameIntervalSeconds: number, signal: AbortSignal): Promise<string> {
  const own = join(folder, job);
  await mkdir(own);
  const request = {
    jobId: job,
    file,
    folder: own,
    frameIntervalSeconds,
    detectFaces: true,
    detectPoses: true,
  };
  const { summary } = await pool.analyse(request, () => undefined, signal);
  return `${summary.total_frames} frames`;
}

await pool.ready();
await writeFile(obstacle, '');
const abort = new AbortController();
const long = analyse('long', 0.04, abort.signal).catch(() => 'in the middle');
const short = await analyse('short', 2, new AbortController().signal);
abort.abort(new WorkerError('SHUTTING_DOWN', 'the other one is done'));
process.stdout.write(`short: ${short}, long: ${await long}\n`);
await pool.close();
