/** The bucket of videos, results and checkpoints: private, encrypted, and swept by age. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type LifecycleRule } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** Keys that the worker writes, by what they hold. The worker's settings take the same values. */
export const RESULT_PREFIX = 'detections/';
export const CHECKPOINT_PREFIX = 'checkpoints/';

/** Checkpoints go when their job ends; what is left belongs to jobs that never ended, whose messages are gone by then. */
const CHECKPOINT_RETENTION = Duration.days(15);

export interface MediaBucketProps {
  /** 0 keeps results for ever. */
  readonly resultRetentionDays: number;
}

export class MediaBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { resultRetentionDays }: MediaBucketProps) {
    super(scope, id);
    const closed = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      // Deleting the stack must not delete anyone's videos.
      removalPolicy: RemovalPolicy.RETAIN,
    };
    const accessLogs = new Bucket(this, 'AccessLogs', {
      ...closed,
      lifecycleRules: [{ expiration: Duration.days(90) }],
    });
    this.bucket = new Bucket(this, 'Bucket', {
      ...closed,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'media/',
      lifecycleRules: lifecycleRules(resultRetentionDays),
    });
  }
}

function lifecycleRules(resultRetentionDays: number): LifecycleRule[] {
  const results: LifecycleRule[] =
    resultRetentionDays === 0
      ? []
      : [{ id: 'results', prefix: RESULT_PREFIX, expiration: Duration.days(resultRetentionDays) }];
  return [
    ...results,
    { id: 'checkpoints', prefix: CHECKPOINT_PREFIX, expiration: CHECKPOINT_RETENTION },
    { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
  ];
}
