/** The callback queue on SQS: a standard queue, since FIFO queues have no delay per message. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { encodeDelivery } from '../callback/delivery-message.ts';
import type { Delivery, DeliveryQueue } from '../callback/ports.ts';
import { sendMessage } from './send-message.ts';

/** The longest delay of a new message. What is to wait longer says until when, and is hidden again at its first receive. */
const MAX_DELAY_SECONDS = 900;

export class CallbackQueue implements DeliveryQueue {
  readonly #sqs: SQSClient;
  readonly #queueUrl: string;

  constructor(sqs: SQSClient, queueUrl: string) {
    this.#sqs = sqs;
    this.#queueUrl = queueUrl;
  }

  async enqueue(delivery: Delivery, delaySeconds: number, signal: AbortSignal): Promise<void> {
    const isLong = delaySeconds > MAX_DELAY_SECONDS;
    const waiting = isLong ? { ...delivery, notBeforeMs: Date.now() + delaySeconds * 1000 } : delivery;
    const input = {
      QueueUrl: this.#queueUrl,
      MessageBody: encodeDelivery(waiting),
      DelaySeconds: Math.min(MAX_DELAY_SECONDS, delaySeconds),
    };
    await sendMessage(this.#sqs, input, signal);
  }
}
