/** What the fault suite tells its worker processes, and what they tell it. */
import type { Outcome } from '../../src/worker/outcome.ts';

/** Points in a job's life at which a process can be told to die of SIGKILL. */
export const STAGES = [
  'after receive',
  'during download',
  'mid-analysis',
  'before the result',
  'after the result',
  'before the callback',
  'after the callback',
  'before the delete',
] as const;

export type Stage = (typeof STAGES)[number];

export interface FaultWorkerOptions {
  readonly endpoint: string;
  readonly queueUrl: string;
  readonly bucket: string;
  readonly tempDir: string;
  readonly slots: number;
  readonly visibilityTimeoutSeconds: number;
  readonly analysis: {
    /** Steps of ten milliseconds one analysis takes. */
    readonly steps: number;
    /** Share of analyses that fail with a retryable error. */
    readonly failureRate?: number;
    /** Ends before its first checkpoint is due, as most analyses do; by default there is one at every step. */
    readonly isShort?: boolean;
  };
  readonly dieAt?: Stage;
  /** Patience with a silent S3. */
  readonly idleTimeoutMs?: number;
  /** Of the analyses' failures. */
  readonly seed?: number;
  readonly graceMs?: number;
}

export interface ResourceUse {
  readonly rssBytes: number;
  /** Of live objects: measured after a collection. */
  readonly heapBytes: number;
  readonly fileDescriptors: number;
  readonly threads: number;
  readonly tempFiles: number;
}

/** One line on standard output. */
export type WorkerEvent =
  | { readonly event: 'started' | 'stopped' }
  | { readonly event: 'analysing'; readonly jobId: string; readonly resumedFrom: number }
  | { readonly event: 'ended'; readonly jobId: string | null; readonly outcome: Outcome['name'] }
  | { readonly event: 'resources'; readonly use: ResourceUse };
