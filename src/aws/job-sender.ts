/** Puts jobs on the worker's own queue: those that came by HTTP and may wait. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { sendMessage } from './send-message.ts';

/** Sends a job message's body. Rejects with QUEUE_UNAVAILABLE. */
export type SendJob = (jobId: string, body: string, signal: AbortSignal) => Promise<void>;

export function jobSender(sqs: SQSClient, queueUrl: string): SendJob {
  // On a FIFO queue every job is a group of its own, so that none waits for another.
  const fifo = (jobId: string) => ({ MessageGroupId: jobId, MessageDeduplicationId: jobId });
  return async (jobId, body, signal) => {
    const input = { QueueUrl: queueUrl, MessageBody: body };
    await sendMessage(sqs, queueUrl.endsWith('.fifo') ? { ...input, ...fifo(jobId) } : input, signal);
  };
}
