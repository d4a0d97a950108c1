/** Reads the result documents that the worker writes. */
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Inject, Injectable } from '@nestjs/common';
import { type DetectionResult, parseDetectionResult, type ResultReference } from 'clipping-worker/contract';

@Injectable()
export class ResultReader {
  constructor(@Inject(S3Client) private readonly s3: S3Client) {}

  /** @throws ContractError RESULT_INVALID */
  async read({ bucket, key }: ResultReference): Promise<DetectionResult> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return parseDetectionResult((await Body?.transformToString()) ?? '');
  }
}
