/** A message of SQS as the worker's port sees it. */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { toWorkerError, WorkerError } from '../errors.ts';
import { TRACE_FIELDS, type TraceField } from '../telemetry/tracing.ts';
import type { ReceivedMessage } from '../worker/ports.ts';
import { awsFailure, describeAwsFailure } from './aws-errors.ts';
import { messageGroup } from './message-group.ts';

/** What SQS answers when the receipt handle no longer holds the message: it expired, or the message is deleted. */
const LOST_CODES = new Set([
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'MessageNotInflight',
  'ReceiptHandleIsInvalid',
]);

export class SqsMessage implements ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly receiveCount: number;
  readonly maxReceiveCount: number | null;
  readonly sentAtMs: number;
  readonly receivedAtMs = performance.now();
  readonly trace: Readonly<Record<string, string>>;
  readonly #sqs: SQSClient;
  readonly #message: Message;
  readonly #handle: { readonly QueueUrl: string; readonly ReceiptHandle: string };

  constructor(sqs: SQSClient, queueUrl: string, maxReceiveCount: number | null, message: Message) {
    const {
      MessageId = '',
      Body = '',
      ReceiptHandle = '',
      Attributes = {},
      MessageAttributes = {},
    } = message;
    this.#sqs = sqs;
    this.#message = message;
    this.#handle = { QueueUrl: queueUrl, ReceiptHandle };
    this.messageId = MessageId;
    this.receiptHandle = ReceiptHandle;
    this.body = Body;
    this.receiveCount = Number(Attributes.ApproximateReceiveCount ?? 1);
    this.maxReceiveCount = maxReceiveCount;
    this.sentAtMs = Number(Attributes.SentTimestamp ?? 0);
    this.trace = traceOf(MessageAttributes);
  }

  async changeVisibility(seconds: number, signal: AbortSignal): Promise<void> {
    const command = new ChangeMessageVisibilityCommand({ ...this.#handle, VisibilityTimeout: seconds });
    await settled(this.#sqs.send(command, { abortSignal: signal }), 'change the visibility of', signal);
  }

  async delete(signal: AbortSignal): Promise<void> {
    const command = new DeleteMessageCommand(this.#handle);
    await settled(this.#sqs.send(command, { abortSignal: signal }), 'delete', signal);
  }

  async resend(signal: AbortSignal): Promise<void> {
    const { Body, MessageAttributes, Attributes: { MessageGroupId } = {} } = this.#message;
    const { QueueUrl } = this.#handle;
    const command = new SendMessageCommand({
      QueueUrl,
      MessageBody: Body,
      MessageAttributes,
      ...(MessageGroupId === undefined ? {} : messageGroup(QueueUrl, MessageGroupId)),
    });
    await settled(this.#sqs.send(command, { abortSignal: signal }), 'send again', signal);
    // Should this fail, both copies are worked on, and end in one result.
    await this.delete(signal);
  }
}

/** The sender's trace, from the message attributes that bear its names. */
function traceOf(attributes: NonNullable<Message['MessageAttributes']>): Record<string, string> {
  const fields = TRACE_FIELDS.map((name) => [name, attributes[name]?.StringValue] as const);
  return Object.fromEntries(fields.filter((field): field is [TraceField, string] => field[1] !== undefined));
}

async function settled(request: Promise<unknown>, action: string, signal: AbortSignal): Promise<void> {
  try {
    await request;
  } catch (cause) {
    if (signal.aborted) throw toWorkerError(signal.reason);
    const failure = awsFailure(cause);
    const described = describeAwsFailure(failure);
    if (LOST_CODES.has(failure.code)) {
      throw new WorkerError(
        'LEASE_LOST',
        `the message is no longer ours (${described}): another worker goes on`,
        {
          cause,
        },
      );
    }
    throw new WorkerError('QUEUE_UNAVAILABLE', `SQS could not ${action} a message (${described})`, { cause });
  }
}
