/** What the end of a job means in metrics. */
import type { LabelOf, MetricKey, MetricSink, Outcome } from './metric-definitions.ts';

/** An attempt at a job that has ended. Optional facts are those that it did not come to. */
export interface JobReport {
  readonly outcome: Outcome;
  /** Missing where no queue handed its message out. */
  readonly queue?: {
    /** How often it had, this time included. */
    readonly receiveCount: number;
    /** From the send of the message to its receive. */
    readonly waitMs: number;
  };
  /** From the receive to the end. */
  readonly durationMs: number;
  readonly cpuMs: number;
  readonly downloadMs?: number;
  /** Size of the video, and what was fetched of it. */
  readonly video?: { readonly bytes: number; readonly fetchedBytes: number };
  readonly callbackMs?: number;
  readonly analysis?: {
    readonly totalMs: number;
    readonly probeMs: number;
    readonly decodeMs: number;
    readonly inferenceMs: number;
    readonly trackingMs: number;
    readonly videoMs: number;
  };
  /** What is in the result, once that is stored. */
  readonly found?: {
    readonly frames: number;
    readonly faces: number;
    readonly poses: number;
    readonly faceTracks: number;
    readonly poseTracks: number;
  };
}

export function recordJob(sink: MetricSink, report: JobReport): void {
  const { outcome, queue, durationMs, cpuMs, downloadMs, callbackMs, video, analysis, found } = report;
  sink.record('jobs', 1, outcome);
  if (queue !== undefined) {
    sink.record('receiveCount', queue.receiveCount);
    // A later receive has waited for its back-off, not for a free worker.
    if (queue.receiveCount === 1) recordMs(sink, 'queueWaitSeconds', queue.waitMs);
  }
  recordMs(sink, 'jobSeconds', durationMs);
  recordMs(sink, 'jobCpuSeconds', cpuMs);
  recordMs(sink, 'stageSeconds', downloadMs, 'download');
  recordMs(sink, 'stageSeconds', callbackMs, 'callback');
  if (video !== undefined) {
    sink.record('videoBytes', video.fetchedBytes, 'fetched');
    sink.record('videoBytes', video.bytes - video.fetchedBytes, 'spared');
  }
  if (analysis !== undefined) recordAnalysis(sink, analysis);
  if (found !== undefined) recordFound(sink, found);
}

function recordAnalysis(sink: MetricSink, analysis: NonNullable<JobReport['analysis']>): void {
  recordMs(sink, 'stageSeconds', analysis.probeMs, 'probe');
  recordMs(sink, 'stageSeconds', analysis.decodeMs, 'decode');
  recordMs(sink, 'stageSeconds', analysis.inferenceMs, 'inference');
  recordMs(sink, 'stageSeconds', analysis.trackingMs, 'tracking');
  if (analysis.videoMs > 0) sink.record('realTimeFactor', analysis.totalMs / analysis.videoMs);
}

function recordFound(sink: MetricSink, found: NonNullable<JobReport['found']>): void {
  sink.record('frames', found.frames);
  sink.record('faces', found.faces);
  sink.record('poses', found.poses);
  sink.record('tracks', found.faceTracks, 'face');
  sink.record('tracks', found.poseTracks, 'pose');
}

function recordMs<K extends MetricKey>(
  sink: MetricSink,
  key: K,
  ms: number | undefined,
  ...label: LabelOf<K>
): void {
  // Clocks of two machines may disagree: a negative wait is none.
  if (ms !== undefined) sink.record(key, Math.max(0, ms) / 1000, ...label);
}
