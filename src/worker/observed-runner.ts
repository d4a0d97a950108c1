/** Measures and traces every message from outside the runner, which knows of neither. */
import type { CpuShare } from '../telemetry/cpu-share.ts';
import { type JobReport, recordJob } from '../telemetry/job-metrics.ts';
import type { MetricSink } from '../telemetry/metric-definitions.ts';
import { traceMessage } from '../telemetry/tracing.ts';
import type { JobEnding, JobRunner } from './job-runner.ts';
import type { Outcome } from './outcome.ts';
import type { ReceivedMessage } from './ports.ts';

export interface ObservedRunnerOptions {
  readonly runner: Pick<JobRunner, 'run'>;
  readonly metrics: MetricSink;
  /** The same for all runners of this process: they share one processor time. */
  readonly cpu: CpuShare;
}

export class ObservedRunner {
  readonly #options: ObservedRunnerOptions;

  constructor(options: ObservedRunnerOptions) {
    this.#options = options;
  }

  /** Runs the message as the runner does. */
  async run(message: ReceivedMessage, shutdown: AbortSignal, releaseSlot: () => void): Promise<Outcome> {
    const { runner, metrics, cpu } = this.#options;
    const endShare = cpu.begin();
    const ending = await traceMessage(
      'process detection job',
      message.trace ?? {},
      { 'messaging.message.id': message.messageId, 'clipping.receive_count': message.receiveCount },
      async (span) => {
        const ended = await runner.run(message, shutdown, releaseSlot);
        span.setAttribute('clipping.outcome', ended.outcome.name);
        if (ended.jobId !== null) span.setAttribute('clipping.job_id', ended.jobId);
        return ended;
      },
    );
    recordJob(metrics, reportOf(message, ending, endShare()));
    return ending.outcome;
  }
}

function reportOf(
  { receiveCount, sentAtMs, receivedAtMs }: ReceivedMessage,
  { outcome, durationMs, facts }: JobEnding,
  cpuMs: number,
): JobReport {
  const { videoBytes, fetchedBytes, downloadMs, callbackMs, analyseMs, stages, summary, videoMs } = facts;
  const receivedAtEpochMs = performance.timeOrigin + receivedAtMs;
  const analysed = stages !== undefined && analyseMs !== undefined && videoMs !== undefined;
  return {
    outcome: outcome.name,
    ...(sentAtMs === null ? {} : { queue: { receiveCount, waitMs: receivedAtEpochMs - sentAtMs } }),
    durationMs,
    cpuMs,
    ...(downloadMs === undefined ? {} : { downloadMs }),
    ...(videoBytes === undefined || fetchedBytes === undefined
      ? {}
      : { video: { bytes: videoBytes, fetchedBytes } }),
    ...(callbackMs === undefined ? {} : { callbackMs }),
    ...(analysed && { analysis: { ...stages, totalMs: analyseMs, videoMs } }),
    ...(summary !== undefined && {
      found: {
        frames: summary.total_frames,
        faces: summary.faces_detected,
        poses: summary.poses_detected,
        faceTracks: summary.unique_face_tracks,
        poseTracks: summary.unique_pose_tracks,
      },
    }),
  };
}
