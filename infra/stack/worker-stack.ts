/** The whole service: queues, bucket, tasks, scaling, alarms and dashboard. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import type { Construct } from 'constructs';
import { QUEUE_ATTEMPTS } from '../../src/callback/retry-schedule.ts';
import type { Parameters } from '../parameters.ts';
import { policyFor } from '../scaling-policy.ts';
import { CallbackSecrets } from './callback-secrets.ts';
import { MediaBucket } from './media-bucket.ts';
import { StackMetrics } from './stack-metrics.ts';
import { WorkQueue } from './work-queue.ts';
import { WorkerAlarms } from './worker-alarms.ts';
import { WorkerDashboard } from './worker-dashboard.ts';
import { WorkerNetwork } from './worker-network.ts';
import { grantWorker } from './worker-permissions.ts';
import { WorkerScaling } from './worker-scaling.ts';
import { workerCluster, workerService } from './worker-service.ts';
import { WorkerTask } from './worker-task.ts';

/**
 * A day and a half of attempts, one for each receive. A worker that ends in the middle of one has used it up, which is rare: the
 * grace of a stop is longer than an attempt.
 */
const CALLBACK_QUEUE = {
  visibilityTimeoutSeconds: 120,
  maxReceiveCount: QUEUE_ATTEMPTS,
  retentionDays: 4,
};

export interface WorkerStackProps extends StackProps {
  readonly parameters: Parameters;
  readonly repository: IRepository;
}

export class WorkerStack extends Stack {
  constructor(scope: Construct, id: string, { parameters, repository, ...props }: WorkerStackProps) {
    super(scope, id, props);
    const { visibilityTimeoutSeconds, maxReceiveCount, jobRetentionDays: retentionDays } = parameters;
    const jobs = new WorkQueue(this, 'Jobs', { visibilityTimeoutSeconds, maxReceiveCount, retentionDays });
    const callbacks = new WorkQueue(this, 'Callbacks', CALLBACK_QUEUE);
    const { bucket } = new MediaBucket(this, 'Media', parameters);
    const callbackSecrets = new CallbackSecrets(this, 'CallbackSecrets').secret;

    const network = new WorkerNetwork(this, 'Network');
    const cluster = workerCluster(this, 'Cluster', network);
    const task = new WorkerTask(this, 'Task', {
      parameters,
      repository,
      jobs: jobs.queue,
      callbacks: callbacks.queue,
      bucket,
      callbackSecrets,
      deployment: this.stackName,
    });
    grantWorker(task.definition, {
      jobs: jobs.queue,
      callbacks: callbacks.queue,
      bucket,
      videoPrefix: parameters.videoPrefix,
      cluster,
    });
    const service = workerService(this, 'Service', {
      ...parameters,
      cluster,
      network,
      taskDefinition: task.definition,
    });

    const metrics = new StackMetrics({
      jobs: jobs.queue,
      callbacks: callbacks.queue,
      cluster,
      service,
      deployment: this.stackName,
    });
    new WorkerScaling(this, 'Scaling', { cluster, service, metrics, policy: policyFor(parameters) });
    const { alarms } = new WorkerAlarms(this, 'Alarms', { parameters, jobs, callbacks, metrics });
    new WorkerDashboard(this, 'Operations', { alarms, metrics });

    const subnets = network.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_WITH_EGRESS }).subnetIds;
    const outputs = {
      JobQueueUrl: jobs.queue.queueUrl,
      JobDeadLetterQueueUrl: jobs.deadLetterQueue.queueUrl,
      JobDeadLetterQueueArn: jobs.deadLetterQueue.queueArn,
      CallbackDeadLetterQueueArn: callbacks.deadLetterQueue.queueArn,
      BucketName: bucket.bucketName,
      ClusterName: cluster.clusterName,
      ServiceName: service.serviceName,
      TaskDefinitionArn: task.definition.taskDefinitionArn,
      LogGroupName: task.logGroup.logGroupName,
      CallbackSecretArn: callbackSecrets.secretArn,
      Subnets: subnets.join(','),
      SecurityGroup: network.securityGroup.securityGroupId,
    };
    // The commands of the runbook take their names from these.
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
