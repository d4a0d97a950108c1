import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type LocalAws, startLocalAws } from '../../demo/local-aws.ts';
import { renderSceneBytes } from '../../demo/render-scene.ts';
import { DEMO_SCENE } from '../../demo/scene.ts';
import { startWorkerProcess, type WorkerProcess } from '../../demo/worker-process.ts';
import { createS3Client } from '../../src/aws/clients.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';
import { until } from '../helpers/until.ts';

jest.setTimeout(180_000);

/** A line of the worker's log. */
interface LogLine {
  readonly msg?: string;
  readonly jobId?: string;
  readonly outcome?: string;
  readonly code?: string;
  readonly resumedFromBytes?: number;
}

describe('the worker as it is run in production', () => {
  const ffmpeg = findFfmpeg(process.env).file;
  let aws: LocalAws;
  let s3: S3Client;
  let folder: string;
  let log: LogLine[];
  const workers: WorkerProcess[] = [];

  beforeAll(async () => {
    aws = await startLocalAws();
    s3 = createS3Client({ region: 'us-east-1', endpointUrl: aws.env.AWS_ENDPOINT_URL });
    folder = await mkdtemp(join(tmpdir(), 'real-worker-'));
    await aws.upload('film.mp4', await renderSceneBytes(DEMO_SCENE, 'mp4', ffmpeg));
  });

  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  });

  afterAll(async () => {
    s3.destroy();
    await aws.stop();
    await rm(folder, { recursive: true });
  });

  async function start(env: Record<string, string> = {}): Promise<WorkerProcess> {
    log = [];
    const worker = await startWorkerProcess({
      env: {
        ...aws.env,
        TEMP_DIR: folder,
        MAX_CONCURRENT_JOBS: '1',
        SHUTDOWN_GRACE_SECONDS: '0',
        CHECKPOINT_SECONDS: '1',
        ...env,
      },
      onLogLine: (line) => log.push(JSON.parse(line) as LogLine),
    });
    workers.push(worker);
    return worker;
  }

  async function checkpointExists(jobId: string): Promise<boolean> {
    const Prefix = `detections/.journal/${jobId}/`;
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: aws.bucket, Prefix }));
    return Contents.some(({ Key }) => Key?.endsWith('.checkpoint'));
  }

  async function untilEnded(jobId: string): Promise<LogLine> {
    const ending = () => log.find((line) => line.msg === 'job ended' && line.jobId === jobId);
    await until(() => ending() !== undefined, 120_000);
    return ending() ?? {};
  }

  async function resultOf(jobId: string) {
    const { result } = await aws.resultOf(jobId);
    if (result.status !== 'completed') return result;
    const { sampling: _cost, ...provenance } = result.provenance;
    return { ...result, job_id: '', provenance, summary: { ...result.summary, processing_time_ms: 0 } };
  }

  it('hands a job on at SIGTERM, and the next worker ends it with the very result of an uninterrupted run', async () => {
    const job = { video_s3_key: 'film.mp4', frame_interval_seconds: 0.5 };
    const first = await start();
    await aws.enqueue({ job_id: 'whole', ...job });
    await untilEnded('whole');

    await aws.enqueue({ job_id: 'interrupted', ...job });
    await until(() => checkpointExists('interrupted'));
    const stopMs = performance.now();
    expect(await first.stop()).toBe(0);
    expect(performance.now() - stopMs).toBeLessThan(10_000);
    expect(await untilEnded('interrupted')).toMatchObject({ outcome: 'released', code: 'SHUTTING_DOWN' });

    await start();
    const ending = await untilEnded('interrupted');
    expect(ending).toMatchObject({ outcome: 'completed', resumedFromBytes: expect.any(Number) });
    expect(await resultOf('interrupted')).toEqual(await resultOf('whole'));
    expect(await aws.messagesLeft()).toBe(0);
  });

  it('outlives a video that crashes its decoder, and fails it at the third receive', async () => {
    const crashing = join(folder, 'ffmpeg');
    await writeFile(
      crashing,
      `#!/bin/sh\ncase "$*" in *-version*) exec ${ffmpeg} "$@";; *) kill -SEGV $$;; esac\n`,
    );
    await chmod(crashing, 0o755);
    const worker = await start({ FFMPEG_PATH: crashing });
    await aws.enqueue({ job_id: 'poison', video_s3_key: 'film.mp4' });
    const endings = () => log.filter((line) => line.msg === 'job ended');
    await until(() => endings().length === 3, 120_000);
    expect(endings()).toMatchObject([
      { outcome: 'retry', code: 'DECODER_FAILED' },
      { outcome: 'retry', code: 'DECODER_FAILED' },
      { outcome: 'failed', code: 'WORKER_CRASHED' },
    ]);
    expect((await worker.health('/health/ready')).status).toBe(200);
    expect(await resultOf('poison')).toMatchObject({ error: { code: 'WORKER_CRASHED' } });
  });
});
