/** What a running worker may do, action by action and prefix by prefix; nothing else. */
import { type CfnResource, Stack, Validations } from 'aws-cdk-lib';
import type { Cluster, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { JOURNAL_PREFIX, RESULT_PREFIX } from './media-bucket.ts';

export interface WorkerResources {
  readonly jobs: IQueue;
  readonly callbacks: IQueue;
  readonly bucket: Bucket;
  readonly videoPrefix: string;
  readonly cluster: Cluster;
}

/** Actions that take, hold, give back and finish a message. GetQueueAttributes tells the redrive policy, and that the queue is there. */
const CONSUME = [
  'sqs:ReceiveMessage',
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
];

/** Gives the task's own role these permissions. The role that starts the task gets its own from the task definition. */
export function grantWorker(task: TaskDefinition, resources: WorkerResources): void {
  for (const statement of workerStatements(resources)) task.taskRole.addToPrincipalPolicy(statement);
  acknowledgeWildcards(task, resources);
}

function workerStatements({
  jobs,
  callbacks,
  bucket,
  videoPrefix,
  cluster,
}: WorkerResources): PolicyStatement[] {
  return [
    // A job that was interrupted once too often, through no fault of its own, is sent again.
    allow('Jobs', [...CONSUME, 'sqs:SendMessage'], jobs.queueArn),
    allow('Callbacks', [...CONSUME, 'sqs:SendMessage'], callbacks.queueArn),
    allow('ReadVideos', ['s3:GetObject'], bucket.arnForObjects(`${videoPrefix}*`)),
    // Reading tells as well whether S3 can be used.
    allow('Results', ['s3:GetObject', 's3:PutObject'], bucket.arnForObjects(`${RESULT_PREFIX}*`)),
    // Reading and writing it is part of the results' permission.
    allow('ClearJournal', ['s3:DeleteObject'], bucket.arnForObjects(`${JOURNAL_PREFIX}*`)),
    // Without it S3 answers 403 for a missing video, and "not found" could not be told from "not allowed".
    // A condition on s3:prefix would defeat that: GetObject carries none.
    allow('TellMissingFromForbidden', ['s3:ListBucket'], bucket.bucketArn),
    allow(
      'ProtectOwnTask',
      ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
      Stack.of(cluster).formatArn({
        service: 'ecs',
        resource: 'task',
        resourceName: `${cluster.clusterName}/*`,
      }),
    ),
  ];
}

/** The wildcards that stand, each with its reason. */
function acknowledgeWildcards(task: TaskDefinition, { bucket, cluster, videoPrefix }: WorkerResources): void {
  const objects = [videoPrefix, RESULT_PREFIX, JOURNAL_PREFIX].map((prefix) => ({
    id: wildcard(`<${logicalId(bucket)}.Arn>/${prefix}*`),
    reason: 'A job names its video, and results and journals are named after jobs: only the prefix is known',
  }));
  Validations.of(task.taskRole).acknowledge(...objects, {
    id: wildcard(`arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<${logicalId(cluster)}>/*`),
    reason: 'ECS names a task when it starts it; the cluster runs nothing but this service',
  });
  Validations.of(task.obtainExecutionRole()).acknowledge({
    id: wildcard('*'),
    reason: 'ecr:GetAuthorizationToken knows no resource; pulling is granted for the one repository',
  });
}

function wildcard(resource: string): string {
  return `AwsSolutions::AwsSolutions-IAM5[Resource::${resource}]`;
}

function logicalId(construct: Bucket | Cluster): string {
  return Stack.of(construct).getLogicalId(construct.node.defaultChild as CfnResource);
}

function allow(sid: string, actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({ sid, actions, resources: [resource] });
}
