/** What this application knows of its detections. In memory: a real one keeps both maps in its database. */
import { Injectable } from '@nestjs/common';
import type { DetectionEvent } from 'clipping-worker/contract';

export interface Detection {
  readonly jobId: string;
  readonly status: 'queued' | 'completed' | 'failed';
  /** How the job ended; null until the webhook has come. */
  readonly ending: DetectionEvent['data'] | null;
  /** The `timestamp` of the event that told it; null also after a refusal, which gives way to any other. */
  readonly toldAt: string | null;
}

/** Codes that may refuse a second request under the id of a job that is completed, and stays so. */
const REFUSALS: readonly string[] = ['JOB_CONFLICT', 'JOB_INVALID'];

@Injectable()
export class Detections {
  private readonly byJobId = new Map<string, Detection>();
  private readonly handledWebhooks = new Set<string>();

  add(jobId: string): Detection {
    const detection: Detection = { jobId, status: 'queued', ending: null, toldAt: null };
    this.byJobId.set(jobId, detection);
    return detection;
  }

  forget(jobId: string): void {
    this.byJobId.delete(jobId);
  }

  find(jobId: string): Detection | undefined {
    return this.byJobId.get(jobId);
  }

  /**
   * Notes how a job ended. The same event may come more than once: its id tells. One may come after a later one of the same job, when
   * its delivery had to wait: its timestamp tells. One may refuse another request under the job's id: its code tells.
   * In a database: insert the id under a unique key, in the transaction that changes the detection where its `toldAt` is not newer.
   */
  end(
    webhookId: string,
    { timestamp, data }: DetectionEvent,
  ): 'handled' | 'repeated' | 'outdated' | 'ignored' {
    if (this.handledWebhooks.has(webhookId)) return 'repeated';
    this.handledWebhooks.add(webhookId);
    const { status = 'queued', toldAt = null } = this.byJobId.get(data.job_id) ?? {};
    const isRefusal = data.status === 'failed' && REFUSALS.includes(data.error.code);
    if (isRefusal && status === 'completed') return 'ignored';
    if (toldAt !== null && Date.parse(timestamp) < Date.parse(toldAt)) return 'outdated';
    this.byJobId.set(data.job_id, {
      jobId: data.job_id,
      status: data.status,
      ending: data,
      toldAt: isRefusal ? null : timestamp,
    });
    return 'handled';
  }
}
