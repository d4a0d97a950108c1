/** What the main thread and the lease thread tell each other: plain, cloneable data. */
import type { SerializedError } from '../errors.ts';
import type { AwsOptions } from './clients.ts';

export interface LeaseThreadOptions extends AwsOptions {
  readonly queueUrl: string;
  readonly visibilityTimeoutSeconds: number;
}

export type LeaseRequest =
  | {
      readonly type: 'hold';
      readonly id: number;
      readonly receiptHandle: string;
      /** Milliseconds since the epoch: the clocks of `performance` differ from thread to thread. */
      readonly receivedAtEpochMs: number;
    }
  | { readonly type: 'settle'; readonly id: number };

export type LeaseReply =
  /** The thread has started: what it is asked for is done at once from now on. */
  | { readonly type: 'ready' }
  | { readonly type: 'renewal'; readonly lateMs: number }
  | { readonly type: 'lost'; readonly id: number; readonly reason: SerializedError }
  | { readonly type: 'settled'; readonly id: number; readonly stillOurs: boolean };
