import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { Module } from '@nestjs/common';
import { APP_CONFIG, readConfig } from './config.js';
import { DetectionController } from './detection/detection.controller.js';
import { DetectionQueue } from './detection/detection-queue.js';
import { DetectionWebhookController } from './detection/detection-webhook.controller.js';
import { Detections } from './detection/detections.js';
import { ResultReader } from './detection/result-reader.js';

@Module({
  controllers: [DetectionController, DetectionWebhookController],
  providers: [
    { provide: APP_CONFIG, useFactory: () => readConfig(process.env) },
    { provide: SQSClient, useFactory: () => new SQSClient({}) },
    // An emulator has no host names per bucket.
    {
      provide: S3Client,
      useFactory: () => new S3Client({ forcePathStyle: 'AWS_ENDPOINT_URL' in process.env }),
    },
    DetectionQueue,
    Detections,
    ResultReader,
  ],
})
export class AppModule {}
