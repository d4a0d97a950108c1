/** Puts one message on a queue; the SDK's failure becomes QUEUE_UNAVAILABLE. */
import {
  type MessageAttributeValue,
  SendMessageCommand,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { toWorkerError, WorkerError } from '../errors.ts';
import { traceFields } from '../telemetry/tracing.ts';
import { awsFailure, describeAwsFailure } from './aws-errors.ts';

/** @throws WorkerError QUEUE_UNAVAILABLE; the signal's reason */
export async function sendMessage(
  sqs: SQSClient,
  input: SendMessageCommandInput,
  signal: AbortSignal,
): Promise<void> {
  const command = new SendMessageCommand({
    ...input,
    MessageAttributes: { ...traceAttributes(), ...input.MessageAttributes },
  });
  try {
    await sqs.send(command, { abortSignal: signal });
  } catch (cause) {
    if (signal.aborted) throw toWorkerError(signal.reason);
    const described = describeAwsFailure(awsFailure(cause));
    // Its name alone: a queue's URL, with the number of the account, is nobody's affair but the operator's.
    const queue = input.QueueUrl?.split('/').at(-1);
    throw new WorkerError('QUEUE_UNAVAILABLE', `the queue ${queue} could not take a message (${described})`, {
      cause,
    });
  }
}

/** The active trace goes on wherever the message is received. */
function traceAttributes(): Record<string, MessageAttributeValue> {
  const fields = Object.entries(traceFields());
  return Object.fromEntries(
    fields.map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
  );
}
