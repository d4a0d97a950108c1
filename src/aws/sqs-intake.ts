/** Receives jobs from SQS: one sqs-consumer per slot, so that no message is taken without a free slot and none waits for another. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import type { Logger } from '../log.ts';
import { TRACE_FIELDS } from '../telemetry/tracing.ts';
import { type BackOff, fullJitterMs } from '../worker/back-off.ts';
import type { JobIntake, ReceivedMessage } from '../worker/ports.ts';
import { awsFailure, describeAwsFailure } from './aws-errors.ts';
import { LONG_POLL_SECONDS } from './clients.ts';
import { QueuePolicy } from './queue-policy.ts';
import { SqsMessage } from './sqs-message.ts';

export interface SqsIntakeOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** Messages held at the same time. */
  readonly slots: number;
  readonly visibilityTimeoutSeconds: number;
  readonly logger: Logger;
  /** Length of one long poll, 1 to 20 s. */
  readonly longPollSeconds?: number;
  /** Waits between failed receives. */
  readonly backOff?: BackOff;
}

const DEFAULT_BACK_OFF: BackOff = { baseMs: 1000, maxMs: 30_000 };

type Handler = (message: ReceivedMessage) => Promise<void>;

export class SqsIntake implements JobIntake {
  readonly #options: SqsIntakeOptions;
  readonly #policy: QueuePolicy;
  readonly #backOff: BackOff;
  readonly #stopped = new AbortController();
  #consumers: Consumer[] = [];
  /** Failed receives in a row, over all slots. */
  #failures = 0;
  #problem: string | null = 'the queue has not answered yet';

  constructor(options: SqsIntakeOptions) {
    this.#options = options;
    this.#policy = new QueuePolicy(options.sqs, options.queueUrl);
    this.#backOff = options.backOff ?? DEFAULT_BACK_OFF;
  }

  get problem(): string | null {
    return this.#problem;
  }

  start(handler: Handler): void {
    this.#consumers = Array.from({ length: this.#options.slots }, () => this.#createConsumer(handler));
    for (const consumer of this.#consumers) consumer.start();
  }

  stop(): void {
    this.#stopped.abort();
    // Only receives are aborted by this: heartbeats and deletes are ours, not the consumer's.
    for (const consumer of this.#consumers) consumer.stop({ abort: true });
  }

  #createConsumer(handler: Handler): Consumer {
    const { sqs, queueUrl, visibilityTimeoutSeconds, longPollSeconds = LONG_POLL_SECONDS } = this.#options;
    let maxReceiveCount = Number.POSITIVE_INFINITY;
    const consumer = Consumer.create({
      sqs,
      queueUrl,
      batchSize: 1,
      waitTimeSeconds: longPollSeconds,
      visibilityTimeout: visibilityTimeoutSeconds,
      messageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp', 'MessageGroupId'],
      messageAttributeNames: [...TRACE_FIELDS],
      shouldDeleteMessages: false,
      suppressFifoWarning: true,
      // Its own pause is fixed and for some errors only; ours grows, and covers all.
      authenticationErrorTimeout: 0,
      preReceiveMessageCallback: async () => {
        await this.#waitAfterFailures();
        maxReceiveCount = await this.#policy.maxReceiveCount(this.#stopped.signal);
        this.#answered();
      },
      postReceiveMessageCallback: async () => this.#answered(),
      handleMessage: async (message) => {
        await handler(new SqsMessage(sqs, queueUrl, maxReceiveCount, message));
        return undefined;
      },
    });
    consumer.on('error', (error) => this.#failed(error));
    // The handler never rejects; without this listener a bug in it would end the process.
    consumer.on('processing_error', (error) =>
      this.#options.logger.error({ err: error }, 'a job handler failed'),
    );
    return consumer;
  }

  async #waitAfterFailures(): Promise<void> {
    if (this.#failures === 0) return;
    const waitMs = fullJitterMs(this.#failures, this.#backOff, Math.random);
    await sleep(waitMs, undefined, { signal: this.#stopped.signal });
  }

  #answered(): void {
    if (this.#failures > 0) this.#options.logger.info('the queue answers again');
    this.#failures = 0;
    this.#problem = null;
  }

  #failed(error: Error): void {
    // Aborted by stop(), not failed.
    if (this.#stopped.signal.aborted) return;
    this.#failures += 1;
    this.#problem = `the queue cannot be read (${describeAwsFailure(awsFailure(error.cause ?? error))})`;
    this.#options.logger.warn({ err: error, failures: this.#failures }, this.#problem);
  }
}
