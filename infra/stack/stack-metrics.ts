/** The CloudWatch metrics that scaling, alarms and the dashboard read. */
import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { ICluster, IService } from 'aws-cdk-lib/aws-ecs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import {
  cloudWatchName,
  cloudWatchNamespace,
  type MetricKey,
} from '../../src/telemetry/metric-definitions.ts';

export interface MetricSources {
  readonly jobs: IQueue;
  readonly callbacks: IQueue;
  readonly cluster: ICluster;
  readonly service: IService;
  /** The name under which the workers publish. */
  readonly deployment: string;
}

const PERIOD = Duration.minutes(1);

/** Metrics with one value a minute, unless asked for otherwise. */
export class StackMetrics {
  /** Jobs that wait. */
  readonly visible: Metric;
  /** Jobs that a worker holds, those that only wait for a receiver included, and those hidden until their next attempt. */
  readonly inFlight: Metric;
  readonly oldestAgeSeconds: Metric;
  /** Jobs that wait while no worker holds any. Told by the queue alone: it works even while the cluster has nothing to report. */
  readonly jobsWithoutWorker: MathExpression;
  /** Callbacks whose next attempt is due and that no worker has taken yet. */
  readonly callbacksDue: Metric;
  /** Callbacks that are being tried, and those hidden until their next attempt, which may be hours away. */
  readonly callbacksHidden: Metric;
  /**
   * Callbacks that are due in minutes in which no worker takes any. That none is held would tell nothing, unlike with jobs: those hidden
   * until their next attempt count as held.
   */
  readonly callbacksWithoutWorker: MathExpression;
  /** Tasks that the service is set to, by Container Insights. */
  readonly desiredTasks: Metric;
  readonly runningTasks: Metric;
  readonly #namespace: string;

  constructor({ jobs, callbacks, cluster, service, deployment }: MetricSources) {
    const ofService = (metricName: string) =>
      new Metric({
        namespace: 'ECS/ContainerInsights',
        metricName,
        dimensionsMap: { ClusterName: cluster.clusterName, ServiceName: service.serviceName },
        statistic: Stats.AVERAGE,
        period: PERIOD,
      });
    const average = { period: PERIOD, statistic: Stats.AVERAGE };
    this.visible = jobs.metricApproximateNumberOfMessagesVisible(average);
    this.inFlight = jobs.metricApproximateNumberOfMessagesNotVisible(average);
    this.oldestAgeSeconds = jobs.metricApproximateAgeOfOldestMessage({ period: PERIOD });
    this.jobsWithoutWorker = new MathExpression({
      label: 'jobs without a worker',
      expression: 'IF(inFlight < 1, visible, 0)',
      usingMetrics: { visible: this.visible, inFlight: this.inFlight },
      period: PERIOD,
    });
    this.callbacksDue = callbacks.metricApproximateNumberOfMessagesVisible(average);
    this.callbacksHidden = callbacks.metricApproximateNumberOfMessagesNotVisible(average);
    this.callbacksWithoutWorker = new MathExpression({
      label: 'callbacks without a worker',
      expression: 'IF(FILL(received, 0) < 1, due, 0)',
      usingMetrics: {
        due: this.callbacksDue,
        received: callbacks.metricNumberOfMessagesReceived({ period: PERIOD, statistic: Stats.SUM }),
      },
      period: PERIOD,
    });
    this.desiredTasks = ofService('DesiredTaskCount');
    this.runningTasks = ofService('RunningTaskCount');
    this.#namespace = cloudWatchNamespace(deployment);
  }

  /** A metric that the workers publish themselves. */
  worker(key: MetricKey, statistic: string, labelValue?: string, period = PERIOD): Metric {
    const metricName = cloudWatchName(key, labelValue);
    return new Metric({ namespace: this.#namespace, metricName, statistic, period });
  }
}
