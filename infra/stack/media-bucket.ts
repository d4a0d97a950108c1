/** The bucket of videos, results and the journal of running jobs: private, encrypted, and swept by age. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type LifecycleRule } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** Prefix of the results; the worker's setting takes the same value. */
export const RESULT_PREFIX = 'detections/';

/** Below the results the worker keeps what it needs to go on with an interrupted job: notes and checkpoints. */
export const JOURNAL_PREFIX = `${RESULT_PREFIX}.journal/`;

/** The worker deletes them when a job ends; what is left belongs to jobs that never ended, whose messages are gone by then. */
const JOURNAL_RETENTION = Duration.days(15);

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
    { id: 'journal', prefix: JOURNAL_PREFIX, expiration: JOURNAL_RETENTION },
    { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
  ];
}
