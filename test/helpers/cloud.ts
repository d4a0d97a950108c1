/** A small cloud for tests: the emulator with a bucket and a queue with its dead-letter queue, spoken to through the real SDK. */

import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { createS3Client, createSqsClient } from '../../src/aws/clients.ts';
import { startEmulator } from '../../tools/emulator/emulator.ts';

export const REGION = 'us-east-1';
export const BUCKET = 'videos';

export interface TestQueue {
  readonly url: string;
  readonly deadLetterUrl: string;
}

export interface TestCloud {
  readonly endpoint: string;
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  stop(): Promise<void>;
}

export async function startCloud(): Promise<TestCloud> {
  const emulator = await startEmulator();
  const options = { region: REGION, endpointUrl: emulator.endpoint };
  const sqs = createSqsClient(options);
  const s3 = createS3Client(options);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  return {
    endpoint: emulator.endpoint,
    sqs,
    s3,
    async stop() {
      sqs.destroy();
      s3.destroy();
      await emulator.stop();
    },
  };
}

/** A queue whose messages go to its dead-letter queue after `maxReceiveCount` receives. */
export async function createQueue(
  { sqs, endpoint }: TestCloud,
  name: string,
  maxReceiveCount = 3,
): Promise<TestQueue> {
  const create = async (QueueName: string, Attributes?: Record<string, string>) => {
    await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    return `${endpoint}/000000000000/${QueueName}`;
  };
  const deadLetterUrl = await create(`${name}-dead`);
  const deadLetterTargetArn = `arn:aws:sqs:${REGION}:000000000000:${name}-dead`;
  const url = await create(name, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }) });
  return { url, deadLetterUrl };
}

/** Puts a message on the queue: an object as JSON, a string as it is. Resolves to its id. */
export async function sendMessage(
  { sqs }: TestCloud,
  queueUrl: string,
  body: object | string,
): Promise<string> {
  const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
  const { MessageId = '' } = await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
  return MessageId;
}

export async function putObject({ s3 }: TestCloud, key: string, body: Uint8Array | string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: Buffer.from(body) }));
}

export async function deleteObject({ s3 }: TestCloud, key: string): Promise<void> {
  await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
}

export async function getJson({ s3 }: TestCloud, key: string): Promise<Record<string, unknown>> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return JSON.parse((await Body?.transformToString()) ?? '') as Record<string, unknown>;
}

export async function listKeys({ s3 }: TestCloud, prefix = ''): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
  return Contents.map(({ Key = '' }) => Key);
}

export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
}

export async function queueDepth({ sqs }: TestCloud, queueUrl: string): Promise<QueueDepth> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] });
  const { Attributes = {} } = await sqs.send(command);
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
  };
}

/** Takes up to ten messages off a queue, as a worker would that holds them for a while. */
export async function receive({ sqs }: TestCloud, queueUrl: string, waitSeconds = 0, holdSeconds = 60) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: holdSeconds,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
}
