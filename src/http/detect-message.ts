/** A job that came by HTTP in the shape of a received message, so that it goes the same way as every other job. */
import { randomUUID } from 'node:crypto';
import type { HoldLease } from '../worker/lease.ts';
import type { ReceivedMessage } from '../worker/ports.ts';

/** There is no queue behind it: hiding, deleting and sending it again are the client's affair. */
export function detectMessage(body: string): ReceivedMessage {
  const messageId = `http-${randomUUID()}`;
  return {
    messageId,
    receiptHandle: '',
    body,
    receiveCount: 1,
    maxReceiveCount: Number.POSITIVE_INFINITY,
    sentAtMs: null,
    receivedAtMs: performance.now(),
    changeVisibility: async () => {},
    delete: async () => {},
    resend: async () => {},
  };
}

/** The lease of such a message: nobody can take it away, so that nothing has to be renewed. */
export const holdNothing: HoldLease = () => ({
  signal: new AbortController().signal,
  settle: async () => true,
});
