/** Puts jobs on the worker's queue. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Inject, Injectable } from '@nestjs/common';
import { type JobMessage, parseJobMessage } from 'clipping-worker/contract';
import { APP_CONFIG, type AppConfig } from '../config.js';

@Injectable()
export class DetectionQueue {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Inject(SQSClient) private readonly sqs: SQSClient,
  ) {}

  /** @throws ContractError JOB_INVALID before anything is sent */
  async enqueue(job: JobMessage): Promise<void> {
    const { queueUrl } = this.config;
    const body = JSON.stringify(job);
    parseJobMessage(body);
    // On a FIFO queue each job is a group of its own, so that none waits for another. The queue drops a
    // second message with the same deduplication id for five minutes: here no two jobs share one.
    const fifo = { MessageGroupId: job.job_id, MessageDeduplicationId: job.job_id };
    await this.sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        ...(queueUrl.endsWith('.fifo') ? fifo : {}),
      }),
    );
  }
}
