/** Scaling of the service: steered to a back-log per task, with steps that leave zero. */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  AdjustmentType,
  CfnScalingPolicy,
  ScalableTarget,
  ServiceNamespace,
  StepScalingAction,
} from 'aws-cdk-lib/aws-applicationautoscaling';
import { Alarm, ComparisonOperator, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { ApplicationScalingAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ICluster, IService } from 'aws-cdk-lib/aws-ecs';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ScalingPolicy, StepFromZero } from '../scaling-policy.ts';
import type { StackMetrics } from './stack-metrics.ts';

export interface WorkerScalingProps {
  readonly cluster: ICluster;
  readonly service: IService;
  readonly metrics: StackMetrics;
  readonly policy: ScalingPolicy;
}

export class WorkerScaling extends Construct {
  constructor(scope: Construct, id: string, { cluster, service, metrics, policy }: WorkerScalingProps) {
    super(scope, id);
    const target = new ScalableTarget(this, 'Target', {
      serviceNamespace: ServiceNamespace.ECS,
      scalableDimension: 'ecs:service:DesiredCount',
      resourceId: `service/${cluster.clusterName}/${service.serviceName}`,
      minCapacity: policy.minTasks,
      maxCapacity: policy.maxTasks,
      role: Role.fromRoleArn(this, 'Role', serviceLinkedRoleArn(this)),
    });
    target.node.addDependency(service);
    trackBacklogPerTask(this, target, metrics, policy);
    startForJobs(this, target, metrics, policy.stepsFromZero);
    startForCallbacks(this, target, metrics);
  }
}

/** The role that AWS keeps for scaling ECS services; one made here would not be used. */
function serviceLinkedRoleArn(scope: Construct): string {
  return Stack.of(scope).formatArn({
    service: 'iam',
    region: '',
    resource: 'role/aws-service-role/ecs.application-autoscaling.amazonaws.com',
    resourceName: 'AWSServiceRoleForApplicationAutoScaling_ECSService',
  });
}

/**
 * The tracked metric divides by the tasks that are wanted, not by those that run: Application Auto Scaling multiplies it with
 * the wanted count again, so tasks that are still starting cannot be ordered twice. Callbacks that are due count as one job, however many
 * they are: the task that was started for them stays until it has tried them.
 */
function trackBacklogPerTask(
  scope: Construct,
  target: ScalableTarget,
  { visible, inFlight, callbacksDue, desiredTasks }: StackMetrics,
  policy: ScalingPolicy,
): void {
  // The construct for target tracking refuses metric math, so this is the plain resource.
  new CfnScalingPolicy(scope, 'BacklogPerTask', {
    policyName: 'backlog-per-task',
    policyType: 'TargetTrackingScaling',
    scalingTargetId: target.scalableTargetId,
    targetTrackingScalingPolicyConfiguration: {
      targetValue: policy.targetBacklogPerTask,
      scaleOutCooldown: policy.scaleOutCooldownSeconds,
      scaleInCooldown: policy.scaleInCooldownSeconds,
      customizedMetricSpecification: {
        metrics: [
          trackedMetric('visible', visible),
          trackedMetric('inFlight', inFlight),
          trackedMetric('callbacks', callbacksDue),
          trackedMetric('tasks', desiredTasks),
          {
            id: 'backlogPerTask',
            label: 'jobs per task',
            // A queue that nobody has touched for six hours has no metrics: that of callbacks must not hide the jobs.
            expression: '(visible + inFlight + IF(FILL(callbacks, 0) > 0, 1, 0)) / IF(tasks > 0, tasks, 1)',
            returnData: true,
          },
        ],
      },
    },
  });
}

function trackedMetric(id: string, metric: Metric): CfnScalingPolicy.TargetTrackingMetricDataQueryProperty {
  const { namespace, metricName, dimensions = {}, statistic } = metric;
  return {
    id,
    returnData: false,
    metricStat: {
      stat: statistic,
      metric: {
        namespace,
        metricName,
        dimensions: Object.entries(dimensions).map(([name, value]) => ({ name, value: String(value) })),
      },
    },
  };
}

/** Nothing times the metric is nothing: tracking alone never leaves zero tasks. */
function startForJobs(
  scope: Construct,
  target: ScalableTarget,
  { jobsWithoutWorker }: StackMetrics,
  steps: readonly StepFromZero[],
): void {
  const alarm = new Alarm(scope, 'JobsWithoutWorker', {
    alarmDescription: 'Jobs wait and no worker holds one: starts the first tasks. No one needs to act.',
    metric: jobsWithoutWorker,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  const action = new StepScalingAction(scope, 'FromZero', {
    scalingTarget: target,
    adjustmentType: AdjustmentType.CHANGE_IN_CAPACITY,
    // The metric shows the first tasks' work only after they have started; until then it must not order more.
    cooldown: Duration.minutes(4),
  });
  // Bounds of a step count from the alarm's threshold.
  steps.forEach(({ backlog, tasks }, index) => {
    const next = steps[index + 1];
    action.addAdjustment({
      adjustment: tasks,
      lowerBound: backlog - 1,
      ...(next === undefined ? {} : { upperBound: next.backlog - 1 }),
    });
  });
  alarm.addAlarmAction(new ApplicationScalingAction(action));
}

/** A callback that nobody receives gets no attempt, and no dead-letter queue has it: the queue's retention ends it. */
function startForCallbacks(
  scope: Construct,
  target: ScalableTarget,
  { callbacksWithoutWorker }: StackMetrics,
): void {
  const alarm = new Alarm(scope, 'CallbacksWithoutWorker', {
    alarmDescription: 'Callbacks are due and no worker takes them: starts a task. No one needs to act.',
    metric: callbacksWithoutWorker,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    // One that came due as the minute ended is taken in the next.
    evaluationPeriods: 3,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  const action = new StepScalingAction(scope, 'ForCallbacks', {
    scalingTarget: target,
    adjustmentType: AdjustmentType.CHANGE_IN_CAPACITY,
    // Their task ends when it has tried them, so that each of many could start one: four times an hour is enough for waits of hours.
    cooldown: Duration.minutes(15),
  });
  action.addAdjustment({ adjustment: 1, lowerBound: 0 });
  alarm.addAlarmAction(new ApplicationScalingAction(action));
}
