/** The callback queue on SQS: a standard queue, since FIFO queues have no delay per message. */
import { type MessageAttributeValue, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { encodeDelivery } from '../callback/delivery-message.ts';
import type { Delivery, DeliveryQueue } from '../callback/ports.ts';
import { toWorkerError, WorkerError } from '../errors.ts';
import { traceFields } from '../telemetry/tracing.ts';
import { awsFailure, describeAwsFailure } from './aws-errors.ts';

export class CallbackQueue implements DeliveryQueue {
  readonly #sqs: SQSClient;
  readonly #queueUrl: string;

  constructor(sqs: SQSClient, queueUrl: string) {
    this.#sqs = sqs;
    this.#queueUrl = queueUrl;
  }

  async enqueue(delivery: Delivery, delaySeconds: number, signal: AbortSignal): Promise<void> {
    const command = new SendMessageCommand({
      QueueUrl: this.#queueUrl,
      MessageBody: encodeDelivery(delivery),
      DelaySeconds: delaySeconds,
      MessageAttributes: traceAttributes(),
    });
    try {
      await this.#sqs.send(command, { abortSignal: signal });
    } catch (cause) {
      if (signal.aborted) throw toWorkerError(signal.reason);
      throw new WorkerError(
        'QUEUE_UNAVAILABLE',
        `the callback queue could not take a delivery (${describeAwsFailure(awsFailure(cause))})`,
        { cause },
      );
    }
  }
}

/** The job's trace goes with its callback. */
function traceAttributes(): Record<string, MessageAttributeValue> {
  const fields = Object.entries(traceFields());
  return Object.fromEntries(
    fields.map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
  );
}
