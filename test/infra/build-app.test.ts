import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { buildApp } from '../../infra/build-app.ts';
import { SCALING_POLICY } from '../../infra/scaling-policy.ts';
import { SETTINGS } from '../../src/settings.ts';

const RUNBOOK = readFileSync(join(import.meta.dirname, '../../infra/README.md'), 'utf8');

const outdir = mkdtempSync(join(tmpdir(), 'cdk-'));
afterAll(() => rmSync(outdir, { recursive: true }));

/** Synthesis throws when a rule of AwsSolutions is broken and not acknowledged: that it passes is a result in itself. */
function templates(context: Record<string, unknown>): {
  readonly worker: Template;
  readonly registry: Template;
} {
  const assembly = buildApp({ outdir: mkdtempSync(join(outdir, 'app-')), context }).app.synth();
  const [worker, registry] = ['ClippingWorker', 'ClippingWorkerRegistry'].map((name) =>
    Template.fromJSON(assembly.getStackByName(name).template),
  ) as [Template, Template];
  return { worker, registry };
}

const { worker, registry } = templates({ imageTag: '1.2.3', alarmEmail: 'ops@example.com' });

interface Statement {
  readonly Sid?: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

interface Container {
  readonly Environment: { readonly Name: string; readonly Value: unknown }[];
}

type Resources = Record<string, { readonly Properties: Record<string, unknown> }>;

function only(type: string): { readonly id: string; readonly properties: Record<string, unknown> } {
  const found = Object.entries(worker.findResources(type) as Resources);
  expect(found).toHaveLength(1);
  const [[id, { Properties: properties }]] = found as [[string, Resources[string]]];
  return { id, properties };
}

function idOf(type: string, prefix: string): string {
  const id = Object.keys(worker.findResources(type)).find((key) => key.startsWith(prefix));
  if (id === undefined) throw new Error(`no ${type} whose id begins with ${prefix}`);
  return id;
}

function environment(): Map<string, unknown> {
  const [container] = only('AWS::ECS::TaskDefinition').properties.ContainerDefinitions as [Container];
  return new Map(container.Environment.map(({ Name, Value }) => [Name, Value]));
}

/** The callbacks that wait for a worker, as CloudFormation names the metric. */
function callbacksDue(): object {
  return {
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Dimensions: [
      {
        Name: 'QueueName',
        Value: { 'Fn::GetAtt': [idOf('AWS::SQS::Queue', 'CallbacksQueue'), 'QueueName'] },
      },
    ],
  };
}

describe('queues', () => {
  it('hide a message as long as the worker believes, and give up after ten receives', () => {
    worker.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 120,
      ReceiveMessageWaitTimeSeconds: 20,
      RedrivePolicy: {
        maxReceiveCount: 10,
        deadLetterTargetArn: { 'Fn::GetAtt': [idOf('AWS::SQS::Queue', 'JobsDeadLetters'), 'Arn'] },
      },
    });
    expect(environment().get('VISIBILITY_TIMEOUT_SECONDS')).toBe('120');
  });

  it('keep callbacks in a queue of their own, with its own dead letters', () => {
    worker.hasResourceProperties('AWS::SQS::Queue', {
      RedrivePolicy: {
        maxReceiveCount: 7,
        deadLetterTargetArn: { 'Fn::GetAtt': [idOf('AWS::SQS::Queue', 'CallbacksDeadLetters'), 'Arn'] },
      },
    });
    expect(environment().get('CALLBACK_QUEUE_URL')).toEqual({
      Ref: idOf('AWS::SQS::Queue', 'CallbacksQueue'),
    });
  });

  it('are encrypted, and keep dead letters longer than jobs, whose age they inherit', () => {
    worker.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
    worker.resourcePropertiesCountIs('AWS::SQS::Queue', { MessageRetentionPeriod: 14 * 86_400 }, 2);
    worker.hasResourceProperties('AWS::SQS::Queue', { MessageRetentionPeriod: 7 * 86_400 });
  });
});

describe('the bucket', () => {
  it('is private, encrypted, logged, refuses plain HTTP and outlives the stack', () => {
    worker.allResourcesProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: Match.anyValue(),
    });
    worker.allResources('AWS::S3::Bucket', { DeletionPolicy: 'Retain' });
    worker.hasResourceProperties('AWS::S3::Bucket', { LoggingConfiguration: Match.anyValue() });
    worker.allResourcesProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('drops results, journals and unfinished uploads by age, and never videos', () => {
    worker.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: [
          Match.objectLike({ Prefix: 'detections/', ExpirationInDays: 90 }),
          Match.objectLike({ Prefix: 'detections/.journal/', ExpirationInDays: 15 }),
          {
            Id: Match.anyValue(),
            Status: 'Enabled',
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
          },
        ],
      },
    });
  });
});

describe('the task', () => {
  it('has two CPUs, 4 GB, a read-only root and one volume to write to', () => {
    worker.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '2048',
      Memory: '4096',
      EphemeralStorage: { SizeInGiB: 30 },
      Volumes: [{ Name: 'scratch' }],
      ContainerDefinitions: [
        Match.objectLike({
          ReadonlyRootFilesystem: true,
          MountPoints: [{ ContainerPath: '/scratch', ReadOnly: false, SourceVolume: 'scratch' }],
        }),
      ],
    });
    expect(environment().get('TEMP_DIR')).toBe('/scratch');
  });

  it('gets 120 s to stop, and gives its jobs less', () => {
    worker.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ StopTimeout: 120 })],
    });
    expect(Number(environment().get('SHUTDOWN_GRACE_SECONDS'))).toBeLessThan(120);
  });

  it('sets only what the worker knows', () => {
    const known = Object.values(SETTINGS).map(({ name }) => name as string);
    expect([...environment().keys()].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('is asked for its health', () => {
    worker.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [
        Match.objectLike({
          HealthCheck: Match.objectLike({ Command: ['CMD', 'node', 'infra/image/health-check.mjs'] }),
        }),
      ],
    });
  });

  it('takes its secrets from Secrets Manager and keeps its log 30 days', () => {
    worker.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [
        Match.objectLike({
          Secrets: [
            {
              Name: 'CALLBACK_SECRETS',
              ValueFrom: { Ref: idOf('AWS::SecretsManager::Secret', 'CallbackSecretsSigning') },
            },
          ],
        }),
      ],
    });
    worker.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });

  it('starts with a callback secret in the form that receivers know', () => {
    worker.hasResourceProperties('AWS::SecretsManager::Secret', {
      SecretString: {
        'Fn::Join': ['', Match.arrayWith(['whsec_{{resolve:secretsmanager:'])],
      },
    });
  });

  it('may do exactly this', () => {
    const policy = worker.findResources('AWS::IAM::Policy')[
      idOf('AWS::IAM::Policy', 'TaskDefinitionTaskRole')
    ] as {
      Properties: { PolicyDocument: { Statement: Statement[] } };
    };
    const allowed = policy.Properties.PolicyDocument.Statement.map(({ Sid, Action }) => [
      Sid,
      [Action].flat(),
    ]);
    const consume = [
      'sqs:ReceiveMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
    ];
    expect(Object.fromEntries(allowed)).toEqual({
      Jobs: [...consume, 'sqs:SendMessage'],
      Callbacks: [...consume, 'sqs:SendMessage'],
      ReadVideos: ['s3:GetObject'],
      Results: ['s3:GetObject', 's3:PutObject'],
      ClearJournal: ['s3:DeleteObject'],
      TellMissingFromForbidden: ['s3:ListBucket'],
      ProtectOwnTask: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
    });
    const suffixes = policy.Properties.PolicyDocument.Statement.map(({ Sid, Resource }) => [
      Sid,
      JSON.stringify(Resource).match(/"(\/[^"]*)"/)?.[1],
    ]);
    expect(Object.fromEntries(suffixes)).toMatchObject({
      ReadVideos: '/videos/*',
      Results: '/detections/*',
      ClearJournal: '/detections/.journal/*',
    });
  });
});

describe('the service', () => {
  it('runs on Fargate and Fargate Spot, and leaves its size to scaling', () => {
    worker.hasResourceProperties('AWS::ECS::Service', {
      CapacityProviderStrategy: [
        { CapacityProvider: 'FARGATE', Weight: 1 },
        { CapacityProvider: 'FARGATE_SPOT', Weight: 3 },
      ],
      DesiredCount: Match.absent(),
    });
  });

  it('rolls a failed deployment back', () => {
    worker.hasResourceProperties('AWS::ECS::Service', {
      DeploymentConfiguration: {
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
      },
    });
  });

  it('lets nothing in, and only HTTPS out', () => {
    worker.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: Match.absent(),
      SecurityGroupEgress: [Match.objectLike({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 })],
    });
    worker.hasResourceProperties('AWS::ECS::Service', {
      NetworkConfiguration: { AwsvpcConfiguration: Match.objectLike({ AssignPublicIp: 'DISABLED' }) },
    });
  });

  it('runs the image of the tag that was asked for, and tags never change their meaning', () => {
    worker.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [
        Match.objectLike({
          Image: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':1\\.2\\.3$')])] },
        }),
      ],
    });
    registry.hasResourceProperties('AWS::ECR::Repository', {
      ImageTagMutability: 'IMMUTABLE',
      ImageScanningConfiguration: { ScanOnPush: true },
    });
  });
});

describe('scaling', () => {
  it('goes from zero to the most tasks', () => {
    worker.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      MinCapacity: SCALING_POLICY.minTasks,
      MaxCapacity: SCALING_POLICY.maxTasks,
    });
    expect(SCALING_POLICY.minTasks).toBe(0);
    worker.hasResource('AWS::ECS::Cluster', {
      Properties: { ClusterSettings: [{ Name: 'containerInsights', Value: 'enabled' }] },
    });
  });

  it('tracks waiting and running jobs per wanted task, and keeps one for callbacks that are due', () => {
    worker.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: SCALING_POLICY.targetBacklogPerTask,
        CustomizedMetricSpecification: {
          Metrics: [
            Match.objectLike({ Id: 'visible', ReturnData: false }),
            Match.objectLike({ Id: 'inFlight', ReturnData: false }),
            Match.objectLike({ Id: 'callbacks', MetricStat: { Stat: 'Average', Metric: callbacksDue() } }),
            Match.objectLike({ Id: 'tasks', ReturnData: false }),
            Match.objectLike({
              Expression: '(visible + inFlight + IF(FILL(callbacks, 0) > 0, 1, 0)) / IF(tasks > 0, tasks, 1)',
              ReturnData: true,
            }),
          ],
        },
      },
    });
  });

  it('leaves zero in one step whose size follows the back-log', () => {
    const steps = SCALING_POLICY.stepsFromZero.map(({ backlog, tasks }) =>
      Match.objectLike({ MetricIntervalLowerBound: backlog - 1, ScalingAdjustment: tasks }),
    );
    worker.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyType: 'StepScaling',
      StepScalingPolicyConfiguration: { AdjustmentType: 'ChangeInCapacity', StepAdjustments: steps },
    });
    worker.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Threshold: 1,
      AlarmActions: [{ Ref: Match.stringLikeRegexp('FromZero') }],
    });
  });

  it('leaves zero for callbacks that are due, with one task and at most four times an hour', () => {
    worker.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyType: 'StepScaling',
      StepScalingPolicyConfiguration: {
        AdjustmentType: 'ChangeInCapacity',
        Cooldown: 900,
        StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
      },
    });
    worker.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Metrics: Match.arrayWith([
        Match.objectLike({ Expression: 'IF(FILL(received, 0) < 1, due, 0)', ReturnData: true }),
        Match.objectLike({ Id: 'due', MetricStat: Match.objectLike({ Metric: callbacksDue() }) }),
      ]),
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      AlarmActions: [{ Ref: Match.stringLikeRegexp('ForCallbacks') }],
    });
  });

  it.each([
    { jobsPerTask: 8, target: 8, tasks: [1, 1, 5] },
    { jobsPerTask: 1, target: 1, tasks: [1, 8, 40] },
  ])('counts with the slots of tasks that run $jobsPerTask jobs', ({ jobsPerTask, target, tasks }) => {
    const resized = templates({ jobsPerTask }).worker;
    resized.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: { TargetValue: target },
    });
    resized.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      StepScalingPolicyConfiguration: {
        StepAdjustments: tasks.map((ScalingAdjustment) => Match.objectLike({ ScalingAdjustment })),
      },
    });
  });
});

describe('alarms', () => {
  it.each(['DeadJobs', 'DeadCallbacks', 'CallbacksWait', 'OldestJob', 'FailedJobs', 'NoWorker'])(
    '%s names its page of the runbook and reaches the topic',
    (name) => {
      const id = idOf('AWS::CloudWatch::Alarm', `Alarms${name}`);
      const topic = only('AWS::SNS::Topic').id;
      const alarm = worker.findResources('AWS::CloudWatch::Alarm')[id] as {
        Properties: { AlarmDescription: string; AlarmActions: unknown };
      };
      const page = /Runbook: "(.+)"/.exec(alarm.Properties.AlarmDescription)?.[1];
      expect(RUNBOOK).toContain(`### ${page}\n`);
      expect(alarm.Properties.AlarmActions).toEqual([{ Ref: topic }]);
    },
  );

  it('sound when callbacks are due for longer than a task takes to come for them', () => {
    worker.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...callbacksDue(),
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      EvaluationPeriods: 60,
      AlarmActions: [{ Ref: only('AWS::SNS::Topic').id }],
    });
  });

  it('are explained with names that the stack gives out', () => {
    const named = [...RUNBOOK.matchAll(/\$\(output (\w+)\)/g)].map(([, name]) => name as string);
    expect(named.length).toBeGreaterThan(5);
    expect(Object.keys(worker.findOutputs('*'))).toEqual(expect.arrayContaining(named));
  });

  it('are let into their topic', () => {
    worker.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
          }),
        ]),
      },
    });
  });

  it('are mailed to whoever is named', () => {
    worker.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
  });

  it('stand on a dashboard with the queues’ and the workers’ own metrics', () => {
    const body = JSON.stringify(only('AWS::CloudWatch::Dashboard').properties);
    for (const name of [
      idOf('AWS::SQS::Queue', 'CallbacksQueue'),
      'JobsCompleted',
      'JobsExhausted',
      'StageDurationInference',
      'QueueWait',
      'HeartbeatLateness',
    ]) {
      expect(body).toContain(name);
    }
    expect(environment().get('METRICS_NAMESPACE')).toBe('ClippingWorker/ClippingWorker');
  });
});
