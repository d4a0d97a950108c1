/** Receives jobs from SQS: one sqs-consumer per slot, so that no message is taken without a free slot and none waits for another. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import type { Logger } from '../log.ts';
import { type BackOff, fullJitterMs } from '../worker/back-off.ts';
import { giveBack } from '../worker/give-back.ts';
import type { JobIntake, ReceivedMessage } from '../worker/ports.ts';
import { awsFailure, describeAwsFailure } from './aws-errors.ts';
import { LONG_POLL_SECONDS } from './clients.ts';
import { IntakeSlot } from './intake-slot.ts';
import { QueuePolicy } from './queue-policy.ts';
import { SqsMessage } from './sqs-message.ts';

export interface SqsIntakeOptions {
  /** The queue, in messages. */
  readonly name?: string;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** Messages held at the same time. */
  readonly slots: number;
  readonly visibilityTimeoutSeconds: number;
  readonly logger: Logger;
  /** Length of one long poll, 1 to 20 s. */
  readonly longPollSeconds?: number;
  /** Asked before every receive and again when it has brought a message: why none should be worked on now, or null. At once. */
  readonly shortage?: () => Promise<string | null>;
  /** Waited for before every receive: until then the answer of `shortage` may be about to change. A message never waits for it. */
  readonly settled?: () => Promise<void>;
  /** Waits between failed receives. */
  readonly backOff?: BackOff;
}

/** How often a slot asks whether the shortage is over. */
const ASK_AGAIN_MS = 1000;

const DEFAULT_NAME = 'the queue';

const DEFAULT_BACK_OFF: BackOff = { baseMs: 1000, maxMs: 30_000 };

type Handler = (message: ReceivedMessage) => Promise<void>;

export class SqsIntake implements JobIntake {
  readonly #options: SqsIntakeOptions;
  readonly #name: string;
  readonly #policy: QueuePolicy;
  readonly #backOff: BackOff;
  readonly #stopped = new AbortController();
  #slots: IntakeSlot[] = [];
  #consumers: Consumer[] = [];
  /** Failed receives in a row, over all slots. */
  #failures = 0;
  #problem: string | null;
  #shortage: string | null = null;

  constructor(options: SqsIntakeOptions) {
    this.#options = options;
    this.#name = options.name ?? DEFAULT_NAME;
    this.#problem = `${this.#name} has not answered yet`;
    this.#policy = new QueuePolicy(options.sqs, options.queueUrl, options.logger);
    this.#backOff = options.backOff ?? DEFAULT_BACK_OFF;
  }

  get problem(): string | null {
    return this.#shortage ?? this.#problem;
  }

  start(handler: Handler): void {
    this.#slots = Array.from({ length: this.#options.slots }, () => new IntakeSlot(handler));
    this.#consumers = this.#slots.map((slot) => this.#createConsumer(slot));
    for (const consumer of this.#consumers) consumer.start();
  }

  stop(): void {
    this.#stopped.abort();
    // Only receives are aborted by this: heartbeats and deletes are ours, not the consumer's.
    for (const consumer of this.#consumers) consumer.stop({ abort: true });
  }

  async lendSlot(): Promise<(() => void) | null> {
    for (const slot of this.#slots) {
      const giveBack = await slot.borrow();
      if (giveBack !== null) return giveBack;
    }
    return null;
  }

  #createConsumer(slot: IntakeSlot): Consumer {
    const { sqs, queueUrl, visibilityTimeoutSeconds, longPollSeconds = LONG_POLL_SECONDS } = this.#options;
    const { shortage = async () => null } = this.#options;
    let maxReceiveCount: number | null = null;
    const consumer = Consumer.create({
      sqs,
      queueUrl,
      batchSize: 1,
      waitTimeSeconds: longPollSeconds,
      visibilityTimeout: visibilityTimeoutSeconds,
      messageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp', 'MessageGroupId'],
      // The sender's trace is read; a message that is sent again keeps the others too.
      messageAttributeNames: ['All'],
      shouldDeleteMessages: false,
      suppressFifoWarning: true,
      // Its own pause is fixed and for some errors only; ours grows, and covers all.
      authenticationErrorTimeout: 0,
      preReceiveMessageCallback: async () => {
        await this.#waitAfterFailures();
        await this.#waitForRoom();
        maxReceiveCount = await this.#policy.maxReceiveCount(this.#stopped.signal);
        // The policy may be an old answer: it shows that the queue can be reached at the start, but not that an outage is over.
        if (this.#failures === 0) this.#problem = null;
        await slot.beforeReceive();
      },
      postReceiveMessageCallback: async () => {
        slot.afterReceive();
        this.#answered();
      },
      handleMessage: async (message) => {
        const received = new SqsMessage(sqs, queueUrl, maxReceiveCount, message);
        // The long poll that brought it may have begun while there was room.
        const isRoomGone = (await shortage()) !== null;
        await (isRoomGone ? giveBack(received) : slot.handle(received));
        return undefined;
      },
    });
    consumer.on('error', (error) => {
      slot.afterReceive();
      // A stopped consumer's receive was aborted, not failed.
      if (consumer.status.isRunning) this.#failed(error);
    });
    // The handler never rejects; without this listener a bug in it would go unseen.
    consumer.on('processing_error', (error) =>
      this.#options.logger.error({ err: error }, `the handler of a message of ${this.#name} failed`),
    );
    return consumer;
  }

  async #waitAfterFailures(): Promise<void> {
    if (this.#failures === 0) return;
    const waitMs = fullJitterMs(this.#failures, this.#backOff);
    await sleep(waitMs, undefined, { signal: this.#stopped.signal });
  }

  /** A message is only received where there is room to work on it. */
  async #waitForRoom(): Promise<void> {
    const { shortage = async () => null, settled = async () => {}, logger } = this.#options;
    for (;;) {
      await settled();
      const before = this.#shortage;
      this.#shortage = await shortage();
      if (this.#shortage !== null && before === null) logger.warn(`no job is received: ${this.#shortage}`);
      if (this.#shortage === null && before !== null) logger.info('jobs are received again');
      if (this.#shortage === null) return;
      await sleep(ASK_AGAIN_MS, undefined, { signal: this.#stopped.signal });
    }
  }

  #answered(): void {
    if (this.#failures > 0) this.#options.logger.info(`${this.#name} answers again`);
    this.#failures = 0;
    this.#problem = null;
  }

  #failed(error: Error): void {
    this.#failures += 1;
    this.#problem = `${this.#name} cannot be read (${describeAwsFailure(awsFailure(error.cause ?? error))})`;
    this.#options.logger.warn({ err: error, failures: this.#failures }, this.#problem);
  }
}
