/** What wakes someone: each alarm says what is wrong and which part of the runbook to open. */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Parameters } from '../parameters.ts';
import type { StackMetrics } from './stack-metrics.ts';
import type { WorkQueue } from './work-queue.ts';

export interface WorkerAlarmsProps {
  readonly parameters: Parameters;
  readonly jobs: WorkQueue;
  readonly callbacks: WorkQueue;
  readonly metrics: StackMetrics;
}

interface AlarmRule {
  readonly description: string;
  readonly metric: IMetric;
  /** The alarm sounds above this. */
  readonly above: number;
  /** Minutes, or quarters of an hour, in a row. */
  readonly periods: number;
}

export class WorkerAlarms extends Construct {
  readonly topic: Topic;
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: WorkerAlarmsProps) {
    super(scope, id);
    const { alarmEmail } = props.parameters;
    this.topic = new Topic(this, 'Topic', { enforceSSL: true });
    if (alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(alarmEmail));
    this.topic.addToResourcePolicy(publishByAlarms(this, this.topic));
    const action = new SnsAction(this.topic);
    this.alarms = Object.entries(rules(props)).map(([name, { description, metric, above, periods }]) => {
      const alarm = new Alarm(this, name, {
        alarmDescription: description,
        metric,
        threshold: above,
        evaluationPeriods: periods,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      return alarm;
    });
  }
}

/** A topic with a policy of its own lets no alarm in unless it says so. */
function publishByAlarms(scope: Construct, topic: Topic): PolicyStatement {
  return new PolicyStatement({
    sid: 'Alarms',
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}

function rules({ parameters, jobs, callbacks, metrics }: WorkerAlarmsProps): Record<string, AlarmRule> {
  const minute = { period: Duration.minutes(1), statistic: Stats.MAXIMUM };
  const { jobsWithoutWorker, oldestAgeSeconds, callbacksDue } = metrics;
  const failed = metrics.worker('jobs', Stats.SUM, 'failed', Duration.minutes(15));
  const exhausted = metrics.worker('jobs', Stats.SUM, 'exhausted', Duration.minutes(15));
  return {
    DeadJobs: {
      description: 'Jobs are in the dead-letter queue. Runbook: "Redrive the dead-letter queue".',
      metric: jobs.deadLetterQueue.metricApproximateNumberOfMessagesVisible(minute),
      above: 0,
      periods: 1,
    },
    DeadCallbacks: {
      description: 'Callbacks could not be delivered for hours. Runbook: "Re-send callbacks".',
      metric: callbacks.deadLetterQueue.metricApproximateNumberOfMessagesVisible(minute),
      above: 0,
      periods: 1,
    },
    CallbacksWait: {
      description: 'Callbacks are due and not tried. Runbook: "Callbacks wait".',
      metric: callbacksDue,
      above: 0,
      // A task for them may take twenty minutes to come. Their age tells nothing: it counts from the sending, days ago by their schedule.
      periods: 60,
    },
    OldestJob: {
      description: 'A job has waited too long. Runbook: "Jobs wait".',
      metric: oldestAgeSeconds,
      above: parameters.oldestMessageAlarmMinutes * 60,
      periods: 3,
    },
    FailedJobs: {
      description: 'More jobs than usual end in failure. Runbook: "Jobs fail".',
      metric: new MathExpression({
        label: 'failed jobs',
        expression: 'FILL(failed, 0) + FILL(exhausted, 0)',
        usingMetrics: { failed, exhausted },
        period: Duration.minutes(15),
      }),
      above: parameters.failedJobsAlarmCount,
      periods: 1,
    },
    NoWorker: {
      description: 'Jobs wait and no worker takes one. Runbook: "No worker takes jobs".',
      metric: jobsWithoutWorker,
      above: 0,
      // Leaving zero takes up to five minutes: the metric's delay, the alarm, the start of a task.
      periods: 10,
    },
  };
}
