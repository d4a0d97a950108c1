/** Puts jobs on the worker's own queue: those that came by HTTP and may wait. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { isFifoQueue, messageGroup } from './message-group.ts';
import { sendMessage } from './send-message.ts';

/** Sends a job message's body. Rejects with QUEUE_UNAVAILABLE. */
export type SendJob = (jobId: string, body: string, signal: AbortSignal) => Promise<void>;

export function jobSender(sqs: SQSClient, queueUrl: string): SendJob {
  return async (jobId, body, signal) => {
    // On a FIFO queue every job is a group of its own, so that none waits for another.
    const group = isFifoQueue(queueUrl) ? messageGroup(queueUrl, jobId) : {};
    await sendMessage(sqs, { QueueUrl: queueUrl, MessageBody: body, ...group }, signal);
  };
}
