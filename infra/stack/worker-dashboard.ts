/** The dashboard: from "is anything wrong" at the top to "where does the time go" at the bottom. */
import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  PeriodOverride,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { OUTCOMES, STAGES } from '../../src/telemetry/metric-definitions.ts';
import type { StackMetrics } from './stack-metrics.ts';

export interface WorkerDashboardProps {
  readonly alarms: readonly Alarm[];
  readonly metrics: StackMetrics;
}

/** CloudWatch's grid is 24 units wide. */
const FULL = 24;

export class WorkerDashboard extends Construct {
  constructor(scope: Construct, id: string, { alarms, metrics }: WorkerDashboardProps) {
    super(scope, id);
    new Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.hours(6),
      periodOverride: PeriodOverride.AUTO,
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', width: FULL, height: 3, alarms: [...alarms] })],
        row(
          graph('Jobs waiting and held', [metrics.visible, metrics.inFlight], FULL / 4),
          graph('Tasks wanted and running', [metrics.desiredTasks, metrics.runningTasks], FULL / 4),
          graph('Age of the oldest job, s', [metrics.oldestAgeSeconds], FULL / 4),
          graph('Callbacks due and hidden', [metrics.callbacksDue, metrics.callbacksHidden], FULL / 4),
        ),
        row(
          graph(
            'Jobs by outcome',
            OUTCOMES.map((outcome) => metrics.worker('jobs', 'Sum', outcome)),
          ),
          graph('Queue wait, s', percentiles(metrics, 'queueWaitSeconds')),
          graph('Receives per message', [
            metrics.worker('receiveCount', 'Average'),
            metrics.worker('receiveCount', 'Maximum'),
          ]),
        ),
        row(
          graph('Job duration, s', percentiles(metrics, 'jobSeconds')),
          graph(
            'Mean time by stage, s',
            STAGES.map((stage) => metrics.worker('stageSeconds', 'Average', stage)),
          ),
          graph('Analysis time / video time', percentiles(metrics, 'realTimeFactor')),
        ),
        row(
          graph('Frames, faces, poses', [
            metrics.worker('frames', 'Sum'),
            metrics.worker('faces', 'Sum'),
            metrics.worker('poses', 'Sum'),
          ]),
          graph('Heartbeat lateness and event-loop delay, s', [
            metrics.worker('heartbeatLatenessSeconds', 'Maximum'),
            metrics.worker('eventLoopDelaySeconds', 'Maximum'),
          ]),
          graph('Resident memory, largest and mean, bytes', [
            metrics.worker('residentMemoryBytes', 'Maximum'),
            metrics.worker('residentMemoryBytes', 'Average'),
          ]),
        ),
      ],
    });
  }
}

function percentiles(
  metrics: StackMetrics,
  key: 'queueWaitSeconds' | 'jobSeconds' | 'realTimeFactor',
): IMetric[] {
  return ['p50', 'p99'].map((statistic) => metrics.worker(key, statistic));
}

function graph(title: string, left: IMetric[], width = FULL / 3): GraphWidget {
  return new GraphWidget({ title, left, width, height: 6, leftYAxis: { min: 0 } });
}

function row(...widgets: IWidget[]): IWidget[] {
  return widgets;
}
