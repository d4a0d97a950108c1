/** Puts the delivery of callbacks together from the configuration: for the worker, and for the command that sends one again. */
import { CallbackQueue } from './aws/callback-queue.ts';
import type { AwsClients } from './aws/clients.ts';
import { presignWith } from './aws/presign-url.ts';
import { S3Store } from './aws/s3-store.ts';
import { SqsIntake } from './aws/sqs-intake.ts';
import { callbackAttempt } from './callback/callback-attempt.ts';
import { callbackBody } from './callback/callback-body.ts';
import { CallbackCourier } from './callback/callback-courier.ts';
import { Redelivery } from './callback/redelivery.ts';
import type { Config } from './config.ts';
import { HttpCallbackTransport } from './http/callback-transport.ts';
import type { Logger } from './log.ts';
import { Worker } from './worker/worker.ts';

export interface CallbackServices {
  /** What jobs announce their endings with. */
  readonly courier: CallbackCourier;
  /** Works off the callback queue; null without one. Its slots are its own: no video waits for a receiver. */
  readonly redelivery: Worker | null;
}

/**
 * Attempts under way at the same time, however many receivers are slow. The queue's have slots of their own: a message that waited
 * for the others' turns would come back, and use up its receives, without an attempt.
 */
const AT_ONCE = {
  event: { jobs: Number.POSITIVE_INFINITY, queue: 4 },
  // Whole results have a hundred megabytes at worst.
  result: { jobs: 2, queue: 2 },
} as const;

/** Beyond an attempt's own time: reading the result, settling the message. */
const REDELIVERY_MARGIN_SECONDS = 45;

export function callbackServices(config: Config, { s3, sqs }: AwsClients, logger: Logger): CallbackServices {
  const { callbackQueueUrl: queueUrl } = config;
  const atOnce = AT_ONCE[config.callbackStyle];
  if (config.callbackSecrets.length === 0) {
    logger.warn(
      'callbacks are not signed: set CALLBACK_SECRETS, so that receivers can tell them from forged ones',
    );
  }
  const options = {
    transport: new HttpCallbackTransport({
      timeoutMs: config.callbackTimeoutSeconds * 1000,
      allowHosts: config.callbackAllowHosts,
    }),
    composeBody: callbackBody({
      style: config.callbackStyle,
      presignSeconds: config.callbackPresignSeconds,
      store: new S3Store(s3),
      presign: presignWith(s3),
    }),
    secrets: config.callbackSecrets,
  };
  const courier = new CallbackCourier({
    attempt: callbackAttempt({ ...options, atOnce: atOnce.jobs }),
    quickTries: config.callbackAttempts,
    queue: queueUrl === undefined ? null : new CallbackQueue(sqs, queueUrl),
    logger,
  });
  if (queueUrl === undefined) return { courier, redelivery: null };
  // Its trouble is told in the log alone: no job waits for it, and readiness is that of jobs.
  const intake = new SqsIntake({
    name: 'the callback queue',
    sqs,
    queueUrl,
    slots: atOnce.queue,
    visibilityTimeoutSeconds: Math.ceil(config.callbackTimeoutSeconds) + REDELIVERY_MARGIN_SECONDS,
    logger,
  });
  const runner = new Redelivery({ attempt: callbackAttempt(options), logger });
  return { courier, redelivery: new Worker({ intake, runner }) };
}
