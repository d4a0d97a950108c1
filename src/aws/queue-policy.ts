/** Reads from the queue itself how often it hands a message out before the dead-letter queue gets it. */
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { Logger } from '../log.ts';
import { awsFailure, describeAwsFailure, isForbidden } from './aws-errors.ts';

const redrivePolicySchema = z.object({ maxReceiveCount: z.coerce.number().int().positive() });

/** An operator's change of the redrive policy is seen after this time at the latest. */
const MAX_AGE_MS = 300_000;

/** The redrive policy, read again from time to time; shared by all slots. */
export class QueuePolicy {
  readonly #sqs: SQSClient;
  readonly #queueUrl: string;
  readonly #logger: Logger;
  #latest: { readonly maxReceiveCount: number | null; readonly readAtMs: number } | null = null;
  #isForbiddenKnown = false;

  constructor(sqs: SQSClient, queueUrl: string, logger: Logger) {
    this.#sqs = sqs;
    this.#queueUrl = queueUrl;
    this.#logger = logger;
  }

  /**
   * Infinity without a redrive policy; what was known last, or null, where it may not be read. Rejects with the SDK's error when the
   * queue cannot be asked.
   */
  async maxReceiveCount(signal: AbortSignal): Promise<number | null> {
    if (this.#latest !== null && performance.now() - this.#latest.readAtMs < MAX_AGE_MS) {
      return this.#latest.maxReceiveCount;
    }
    const maxReceiveCount = await this.#read(signal).catch((error: unknown) => this.#unlessForbidden(error));
    this.#latest = { maxReceiveCount, readAtMs: performance.now() };
    return maxReceiveCount;
  }

  async #read(signal: AbortSignal): Promise<number> {
    const command = new GetQueueAttributesCommand({
      QueueUrl: this.#queueUrl,
      AttributeNames: ['RedrivePolicy'],
    });
    const { Attributes } = await this.#sqs.send(command, { abortSignal: signal });
    const policy = Attributes?.RedrivePolicy;
    if (policy === undefined || policy === '') return Number.POSITIVE_INFINITY;
    return redrivePolicySchema.parse(JSON.parse(policy)).maxReceiveCount;
  }

  /** Who may not ask may still be able to receive: that is said once. */
  #unlessForbidden(error: unknown): number | null {
    const failure = awsFailure(error);
    if (!isForbidden(failure)) throw error;
    if (!this.#isForbiddenKnown) {
      this.#logger.warn(
        `the redrive policy of ${this.#queueUrl} may not be read (${describeAwsFailure(failure)}): which receive of a message is its last is not known, so that a job that fails then gets no failed result, and a callback that is given up is left to the queue; allow the worker’s role sqs:GetQueueAttributes`,
      );
    }
    this.#isForbiddenKnown = true;
    return this.#latest?.maxReceiveCount ?? null;
  }
}
