/** An AWS account on loopback with what the worker needs: a bucket, a job queue and its dead-letter queue. */
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { JobMessage } from '../src/contract/job.ts';
import { type DetectionResult, detectionResultSchema } from '../src/contract/result.ts';
import { startEmulator } from '../tools/emulator/emulator.ts';
import { upload } from '../tools/emulator/upload.ts';

export interface LocalAws {
  readonly queueUrl: string;
  readonly bucket: string;
  /** What a worker process needs in its environment to use this account. */
  readonly env: Readonly<Record<string, string>>;
  upload(key: string, body: Uint8Array): Promise<void>;
  enqueue(job: JobMessage): Promise<void>;
  /** The stored result of a job, as text and validated. */
  resultOf(jobId: string): Promise<{ text: string; key: string; result: DetectionResult }>;
  /** Messages on the job queue, visible or held. */
  messagesLeft(): Promise<number>;
  /** Messages on the job queue that a worker could receive at this moment. */
  messagesVisible(): Promise<number>;
  stop(): Promise<void>;
}

const BUCKET = 'demo-videos';
const QUEUE = 'detection-jobs';
const REGION = 'us-east-1';

/** @param port of the emulator; 0 takes a free one */
export async function startLocalAws(port = 0): Promise<LocalAws> {
  const emulator = await startEmulator(port);
  const credentials = { accessKeyId: 'demo', secretAccessKey: 'demo' };
  const client = { region: REGION, endpoint: emulator.endpoint, credentials };
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  const sqs = new SQSClient(client);
  const queueUrl = emulator.queueUrl(QUEUE);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await createQueues(sqs);
  return {
    queueUrl,
    bucket: BUCKET,
    env: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: emulator.endpoint,
      SQS_QUEUE_URL: queueUrl,
      S3_BUCKET: BUCKET,
    },
    async upload(key, body) {
      await upload(s3, BUCKET, key, body);
    },
    async enqueue(job) {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(job) }));
    },
    async resultOf(jobId) {
      const key = `detections/${jobId}.json`;
      const object = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
      const text = (await object.Body?.transformToString()) ?? '';
      return { text, key, result: detectionResultSchema.parse(JSON.parse(text)) };
    },
    messagesLeft: () =>
      countMessages(sqs, queueUrl, 'ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'),
    messagesVisible: () => countMessages(sqs, queueUrl, 'ApproximateNumberOfMessages'),
    async stop() {
      s3.destroy();
      sqs.destroy();
      await emulator.stop();
    },
  };
}

async function createQueues(sqs: SQSClient): Promise<void> {
  await sqs.send(new CreateQueueCommand({ QueueName: `${QUEUE}-dead` }));
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: `arn:aws:sqs:${REGION}:000000000000:${QUEUE}-dead`,
    maxReceiveCount: 5,
  });
  await sqs.send(new CreateQueueCommand({ QueueName: QUEUE, Attributes: { RedrivePolicy } }));
}

async function countMessages(
  sqs: SQSClient,
  queueUrl: string,
  ...AttributeNames: QueueAttributeName[]
): Promise<number> {
  const { Attributes: counts = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames }),
  );
  return Object.values(counts).reduce((sum, count) => sum + Number(count), 0);
}
