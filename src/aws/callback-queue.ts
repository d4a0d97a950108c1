/** The callback queue on SQS: a standard queue, since FIFO queues have no delay per message. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { encodeDelivery } from '../callback/delivery-message.ts';
import type { Delivery, DeliveryQueue } from '../callback/ports.ts';
import { sendMessage } from './send-message.ts';

export class CallbackQueue implements DeliveryQueue {
  readonly #sqs: SQSClient;
  readonly #queueUrl: string;

  constructor(sqs: SQSClient, queueUrl: string) {
    this.#sqs = sqs;
    this.#queueUrl = queueUrl;
  }

  async enqueue(delivery: Delivery, delaySeconds: number, signal: AbortSignal): Promise<void> {
    const input = {
      QueueUrl: this.#queueUrl,
      MessageBody: encodeDelivery(delivery),
      DelaySeconds: delaySeconds,
    };
    await sendMessage(this.#sqs, input, signal);
  }
}
