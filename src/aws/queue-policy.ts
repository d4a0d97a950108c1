/** Reads from the queue itself how often it hands a message out before the dead-letter queue gets it. */
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';

const redrivePolicySchema = z.object({ maxReceiveCount: z.coerce.number().int().positive() });

/** An operator's change of the redrive policy is seen after this time at the latest. */
const MAX_AGE_MS = 300_000;

/** The redrive policy, read again from time to time; shared by all slots. */
export class QueuePolicy {
  readonly #sqs: SQSClient;
  readonly #queueUrl: string;
  #latest: { readonly maxReceiveCount: number; readonly readAtMs: number } | null = null;

  constructor(sqs: SQSClient, queueUrl: string) {
    this.#sqs = sqs;
    this.#queueUrl = queueUrl;
  }

  /** Infinity without a redrive policy. Rejects with the SDK's error when the queue cannot be asked. */
  async maxReceiveCount(signal: AbortSignal): Promise<number> {
    if (this.#latest !== null && performance.now() - this.#latest.readAtMs < MAX_AGE_MS) {
      return this.#latest.maxReceiveCount;
    }
    const command = new GetQueueAttributesCommand({
      QueueUrl: this.#queueUrl,
      AttributeNames: ['RedrivePolicy'],
    });
    const { Attributes } = await this.#sqs.send(command, { abortSignal: signal });
    const policy = Attributes?.RedrivePolicy;
    const maxReceiveCount =
      policy === undefined || policy === ''
        ? Number.POSITIVE_INFINITY
        : redrivePolicySchema.parse(JSON.parse(policy)).maxReceiveCount;
    this.#latest = { maxReceiveCount, readAtMs: performance.now() };
    return maxReceiveCount;
  }
}
