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

/** Deliveries from the queue under way at the same time. */
const REDELIVERY_SLOTS = 4;

/** Results in memory at the same time where callbacks carry them whole, however many receivers are slow. */
const WHOLE_RESULTS_AT_ONCE = 4;

/** Beyond an attempt's own time: reading the result, settling the message. */
const REDELIVERY_MARGIN_SECONDS = 45;

export function callbackServices(config: Config, { s3, sqs }: AwsClients, logger: Logger): CallbackServices {
  const { callbackQueueUrl: queueUrl } = config;
  if (config.callbackSecrets.length === 0) {
    logger.warn(
      'callbacks are not signed: set CALLBACK_SECRETS, so that receivers can tell them from forged ones',
    );
  }
  const attempt = callbackAttempt({
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
    // Whole results have a hundred megabytes at worst; events are small.
    ...(config.callbackStyle === 'result' ? { atOnce: WHOLE_RESULTS_AT_ONCE } : {}),
  });
  const courier = new CallbackCourier({
    attempt,
    quickTries: config.callbackAttempts,
    queue: queueUrl === undefined ? null : new CallbackQueue(sqs, queueUrl),
    logger,
  });
  if (queueUrl === undefined) return { courier, redelivery: null };
  const intake = new SqsIntake({
    sqs,
    queueUrl,
    slots: REDELIVERY_SLOTS,
    visibilityTimeoutSeconds: Math.ceil(config.callbackTimeoutSeconds) + REDELIVERY_MARGIN_SECONDS,
    logger,
  });
  return { courier, redelivery: new Worker({ intake, runner: new Redelivery({ attempt, logger }) }) };
}
