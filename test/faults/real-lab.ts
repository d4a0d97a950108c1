/** The setting for the worker as it is run in production: an account on loopback behind a proxy that breaks it, and a film. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { type LocalAws, startLocalAws } from '../../demo/local-aws.ts';
import { renderSceneBytes } from '../../demo/render-scene.ts';
import { DEMO_SCENE } from '../../demo/scene.ts';
import { startWorkerProcess, type WorkerProcess } from '../../demo/worker-process.ts';
import { createS3Client } from '../../src/aws/clients.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';
import { statOrNull } from '../../src/stat-or-null.ts';
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts';
import { until } from '../helpers/until.ts';
import type { Trouble } from './thread-trouble.ts';

/** A line of the worker's log. */
export interface LogLine {
  readonly msg?: string;
  readonly jobId?: string;
  readonly outcome?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly receiveCount?: number;
  readonly durationMs?: number;
  readonly resumedFromBytes?: number;
}

export interface RealWorker extends WorkerProcess {
  readonly log: readonly LogLine[];
  /** The lines on the ends of a job, oldest first. */
  endings(jobId: string): LogLine[];
  /** Resolves to the line on the first end of a job. */
  ended(jobId: string): Promise<LogLine>;
}

export interface RealLab {
  readonly aws: LocalAws;
  readonly proxy: FaultProxy;
  readonly folder: string;
  readonly ffmpeg: string;
  /** A worker with one slot and no grace, whose every request to AWS goes through the proxy. */
  start(env?: Record<string, string>): Promise<RealWorker>;
  /** Resolves when a thread has begun to make the trouble. A block lasts a minute unless another time is given. */
  order(trouble: Trouble, blockMs?: number): Promise<void>;
  /** Decoders at work on videos of this lab. */
  decoders(): number;
  /** How much the jobs under way have seen so far, in bytes of their observations. */
  observedBytes(): Promise<number>;
  journalOf(jobId: string): Promise<string[]>;
  /** The stored result as text, without its job's id and what tells how long it took and what it cost. */
  untimedResult(jobId: string): Promise<string>;
  tempFiles(): Promise<string[]>;
  stopWorkers(): Promise<void>;
  close(): Promise<void>;
}

const TROUBLE = new URL('./thread-trouble.ts', import.meta.url).href;

export async function openRealLab(): Promise<RealLab> {
  const aws = await startLocalAws();
  const endpoint = aws.env.AWS_ENDPOINT_URL ?? '';
  const s3: S3Client = createS3Client({ region: 'us-east-1', endpointUrl: endpoint });
  const proxy = await startFaultProxy(endpoint);
  const folder = await mkdtemp(join(tmpdir(), 'real-worker-'));
  const tempDir = await mkdtemp(join(folder, 'temp-'));
  const troubleFolder = await mkdtemp(join(folder, 'trouble-'));
  const ffmpeg = findFfmpeg(process.env);
  await aws.upload('film.mp4', await renderSceneBytes(DEMO_SCENE, 'mp4', ffmpeg));
  const workers: WorkerProcess[] = [];

  return {
    aws,
    proxy,
    folder,
    ffmpeg,
    async start(env = {}) {
      const log: LogLine[] = [];
      const worker = await startWorkerProcess({
        env: {
          ...aws.env,
          AWS_ENDPOINT_URL: proxy.endpoint,
          SQS_QUEUE_URL: aws.queueUrl.replace(endpoint, proxy.endpoint),
          TEMP_DIR: tempDir,
          MAX_CONCURRENT_JOBS: '1',
          SHUTDOWN_GRACE_SECONDS: '0',
          NODE_OPTIONS: `--import=${TROUBLE}`,
          THREAD_TROUBLE_FOLDER: troubleFolder,
          ...env,
        },
        onLogLine: (line) => log.push(JSON.parse(line) as LogLine),
      });
      workers.push(worker);
      const endings = (jobId: string) =>
        log.filter((line) => line.msg === 'job ended' && line.jobId === jobId);
      const ended = async (jobId: string) => {
        await until(() => endings(jobId).length > 0, 120_000);
        return endings(jobId)[0] ?? {};
      };
      return { ...worker, log, endings, ended };
    },
    async order(trouble, blockMs = 60_000) {
      const order = join(troubleFolder, trouble);
      // Moved into its place, so that nobody reads half of it.
      await writeFile(`${order}.new`, String(blockMs));
      await rename(`${order}.new`, order);
      await until(() => !existsSync(order));
    },
    decoders: () => runningDecoders(tempDir),
    observedBytes: () => bytesOf(tempDir, 'observations'),
    async journalOf(jobId) {
      const Prefix = `detections/.journal/${jobId}/`;
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: aws.bucket, Prefix }));
      return Contents.map(({ Key = '' }) => Key.slice(Prefix.length));
    },
    async untimedResult(jobId) {
      const { result } = await aws.resultOf(jobId);
      if (result.status !== 'completed') return JSON.stringify(result);
      const { sampling: _cost, ...provenance } = result.provenance;
      const summary = { ...result.summary, processing_time_ms: 0 };
      return JSON.stringify({ ...result, job_id: '', provenance, summary });
    },
    tempFiles: () => readdir(tempDir),
    async stopWorkers() {
      proxy.rule = () => null;
      await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    },
    async close() {
      s3.destroy();
      await proxy.stop();
      await aws.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Of all files with that name in folders of the folder. */
async function bytesOf(folder: string, name: string): Promise<number> {
  const folders = await readdir(folder);
  const found = await Promise.all(folders.map((inner) => statOrNull(join(folder, inner, name))));
  return found.reduce((sum, file) => sum + (file?.size ?? 0), 0);
}

/** Processes that work in the folder and write raw pictures. */
function runningDecoders(folder: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => isDecoder(pid, folder)).length;
}

function isDecoder(pid: string, folder: string): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) && command.includes('rawvideo');
  } catch {
    // It has ended meanwhile.
    return false;
  }
}
