/** The worker as a Fargate task: its image, settings, secret, scratch disk, health check and log. */
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import {
  ContainerImage,
  CpuArchitecture,
  Secret as EcsSecret,
  FargateTaskDefinition,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { cloudWatchNamespace } from '../../src/telemetry/metric-definitions.ts';
import type { Parameters } from '../parameters.ts';
import { RESULT_PREFIX } from './media-bucket.ts';

export interface WorkerTaskProps {
  readonly parameters: Parameters;
  readonly repository: IRepository;
  readonly jobs: IQueue;
  readonly callbacks: IQueue;
  readonly bucket: IBucket;
  readonly callbackSecrets: ISecret;
  /** The name under which the workers publish their metrics. */
  readonly deployment: string;
}

/** The only place a worker writes to. The image declares it as a volume that its user owns. */
const SCRATCH_PATH = '/scratch';

/** Fargate's longest wait between SIGTERM and SIGKILL. */
const STOP_TIMEOUT = Duration.seconds(120);

export class WorkerTask extends Construct {
  readonly definition: FargateTaskDefinition;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: WorkerTaskProps) {
    super(scope, id);
    const { parameters } = props;
    this.logGroup = new LogGroup(this, 'Log', {
      retention: parameters.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.definition = new FargateTaskDefinition(this, 'Definition', {
      cpu: parameters.taskCpuUnits,
      memoryLimitMiB: parameters.taskMemoryMib,
      ephemeralStorageGiB: parameters.taskDiskGib,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.of(parameters.cpuArchitecture),
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
      volumes: [{ name: 'scratch' }],
    });
    const container = this.definition.addContainer('worker', {
      image: ContainerImage.fromEcrRepository(props.repository, parameters.imageTag),
      environment: environment(props),
      secrets: { CALLBACK_SECRETS: EcsSecret.fromSecretsManager(props.callbackSecrets) },
      readonlyRootFilesystem: true,
      stopTimeout: STOP_TIMEOUT,
      // ECS does not read the image's own HEALTHCHECK.
      healthCheck: {
        command: ['CMD', 'node', 'infra/image/health-check.mjs'],
        interval: Duration.seconds(30),
        timeout: Duration.seconds(10),
        retries: 3,
        startPeriod: Duration.seconds(60),
      },
      logging: LogDrivers.awsLogs({ logGroup: this.logGroup, streamPrefix: 'worker' }),
    });
    container.addMountPoints({ sourceVolume: 'scratch', containerPath: SCRATCH_PATH, readOnly: false });
    Validations.of(this.definition).acknowledge({
      id: 'AwsSolutions::AwsSolutions-ECS2',
      reason: 'The variables are names and limits; what is secret comes from Secrets Manager',
    });
  }
}

function environment({
  parameters,
  jobs,
  callbacks,
  bucket,
  deployment,
}: WorkerTaskProps): Record<string, string> {
  return {
    SQS_QUEUE_URL: jobs.queueUrl,
    CALLBACK_QUEUE_URL: callbacks.queueUrl,
    S3_BUCKET: bucket.bucketName,
    RESULT_PREFIX,
    TEMP_DIR: SCRATCH_PATH,
    MAX_CONCURRENT_JOBS: String(parameters.jobsPerTask),
    VISIBILITY_TIMEOUT_SECONDS: String(parameters.visibilityTimeoutSeconds),
    SHUTDOWN_GRACE_SECONDS: String(parameters.shutdownGraceSeconds),
    LOG_LEVEL: parameters.logLevel,
    METRICS_NAMESPACE: cloudWatchNamespace(deployment),
  };
}
