/** Puts one message on a queue; the SDK's failure becomes QUEUE_UNAVAILABLE. */
import { SendMessageCommand, type SendMessageCommandInput, type SQSClient } from '@aws-sdk/client-sqs';
import { toWorkerError, WorkerError } from '../errors.ts';
import { awsFailure, describeAwsFailure } from './aws-errors.ts';

/** @throws WorkerError QUEUE_UNAVAILABLE; the signal's reason */
export async function sendMessage(
  sqs: SQSClient,
  input: SendMessageCommandInput,
  signal: AbortSignal,
): Promise<void> {
  try {
    await sqs.send(new SendMessageCommand(input), { abortSignal: signal });
  } catch (cause) {
    if (signal.aborted) throw toWorkerError(signal.reason);
    const described = describeAwsFailure(awsFailure(cause));
    throw new WorkerError('QUEUE_UNAVAILABLE', `${input.QueueUrl} could not take a message (${described})`, {
      cause,
    });
  }
}
