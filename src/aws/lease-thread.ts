/** The entry point of the lease thread: renews every message's visibility timeout, whatever the main thread is busy with. */
import { parentPort, workerData } from 'node:worker_threads';
import { serializeError, toWorkerError } from '../errors.ts';
import { holdLease, type Lease } from '../worker/lease.ts';
import { createSqsClient } from './clients.ts';
import type { LeaseReply, LeaseRequest, LeaseThreadOptions } from './lease-protocol.ts';
import { SqsMessage } from './sqs-message.ts';

const { region, endpointUrl, queueUrl, visibilityTimeoutSeconds } = workerData as LeaseThreadOptions;
const sqs = createSqsClient({ region, endpointUrl });
const leases = new Map<number, Lease>();

parentPort?.on('message', (request: LeaseRequest) => {
  if (request.type === 'hold') hold(request);
  else void settle(request.id);
});
reply({ type: 'ready' });

function hold({ id, receiptHandle, receivedAtEpochMs }: Extract<LeaseRequest, { type: 'hold' }>): void {
  const message = new SqsMessage(sqs, queueUrl, Number.POSITIVE_INFINITY, { ReceiptHandle: receiptHandle });
  const held = {
    // Each thread's clock begins at its own start.
    receivedAtMs: receivedAtEpochMs - performance.timeOrigin,
    changeVisibility: message.changeVisibility.bind(message),
  };
  const lease = holdLease(held, visibilityTimeoutSeconds, (lateMs) => reply({ type: 'renewal', lateMs }));
  leases.set(id, lease);
  lease.signal.addEventListener('abort', () => {
    reply({ type: 'lost', id, reason: serializeError(toWorkerError(lease.signal.reason)) });
  });
}

async function settle(id: number): Promise<void> {
  const lease = leases.get(id);
  leases.delete(id);
  reply({ type: 'settled', id, stillOurs: (await lease?.settle()) ?? false });
}

function reply(message: LeaseReply): void {
  parentPort?.postMessage(message);
}
