/** The setting of the fault suite: a small cloud, a proxy that breaks it, a callback receiver, and worker processes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CallbackReceiver,
  type ReceivedCallback,
  startCallbackReceiver,
} from '../helpers/callback-receiver.ts';
import { BUCKET, putObject, queueDepth, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts';
import type { FaultWorkerOptions } from './fault-worker-protocol.ts';
import { WorkerProcess } from './worker-process.ts';

export const EMPTY = { visible: 0, inFlight: 0 };

export interface FaultLab {
  readonly cloud: TestCloud;
  readonly proxy: FaultProxy;
  readonly tempDir: string;
  /** A worker process; by default with one slot, a visibility timeout of 3 s and analyses of a tenth of a second. */
  start(queueUrl: string, options?: Partial<FaultWorkerOptions>): WorkerProcess;
  /** A worker process whose every request to AWS goes through the proxy. */
  startBehindProxy(queueUrl: string, options?: Partial<FaultWorkerOptions>): WorkerProcess;
  /** The body of a job on the lab's own video. */
  job(jobId: string): { job_id: string; video_s3_key: string; callback_url: string };
  callbacksOf(jobId: string): ReceivedCallback[];
  isEmpty(queueUrl: string): Promise<boolean>;
  /** Ends the processes and heals the proxy. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function openFaultLab(): Promise<FaultLab> {
  const cloud = await startCloud();
  const proxy = await startFaultProxy(cloud.endpoint);
  const receiver: CallbackReceiver = await startCallbackReceiver();
  const tempDir = await mkdtemp(join(tmpdir(), 'faults-'));
  await putObject(cloud, 'video.mp4', Buffer.alloc(200_000, 'video'));
  const processes: WorkerProcess[] = [];

  const lab: FaultLab = {
    cloud,
    proxy,
    tempDir,
    start(queueUrl, options = {}) {
      const worker = new WorkerProcess({
        endpoint: cloud.endpoint,
        queueUrl,
        bucket: BUCKET,
        tempDir,
        slots: 1,
        visibilityTimeoutSeconds: 3,
        analysis: { steps: 10 },
        ...options,
      });
      processes.push(worker);
      return worker;
    },
    startBehindProxy(queueUrl, options = {}) {
      const { endpoint } = proxy;
      return lab.start(queueUrl.replace(cloud.endpoint, endpoint), { endpoint, ...options });
    },
    job: (jobId) => ({ job_id: jobId, video_s3_key: 'video.mp4', callback_url: receiver.url }),
    callbacksOf: (jobId) => receiver.received.filter(({ event }) => event.data.job_id === jobId),
    async isEmpty(queueUrl) {
      const { visible, inFlight } = await queueDepth(cloud, queueUrl);
      return visible + inFlight === 0;
    },
    async reset() {
      proxy.rule = () => null;
      await Promise.all(processes.splice(0).map((worker) => worker.kill('SIGKILL')));
    },
    async close() {
      await receiver.close();
      await proxy.stop();
      await cloud.stop();
      await rm(tempDir, { recursive: true });
    },
  };
  return lab;
}
