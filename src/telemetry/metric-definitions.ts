/** Every metric of the worker, defined once: Prometheus, CloudWatch, the dashboard and the alarms all read this list. */

/** Ways a job can end; the values of the label `outcome`. */
export const OUTCOMES = ['completed', 'failed', 'retry', 'exhausted', 'released', 'unreadable'] as const;

/** Stages of a job in their order; the values of the label `stage`. */
export const STAGES = ['download', 'probe', 'decode', 'inference', 'tracking', 'callback'] as const;

export type Outcome = (typeof OUTCOMES)[number];
export type Stage = (typeof STAGES)[number];

/** CloudWatch's words for a unit. `None` is a plain ratio. */
export type CloudWatchUnit = 'Count' | 'Seconds' | 'Bytes' | 'None';

interface MetricBase {
  /** Prometheus name: base units, `_total` for counters. */
  readonly name: string;
  /** CloudWatch name; a labelled metric puts the label's value behind it (see `cloudWatchName`). */
  readonly cloudWatch: string;
  readonly unit: CloudWatchUnit;
  readonly help: string;
  /** The one label and all its values; every series exists from the start, so that a rate over it is never missing. */
  readonly label?: { readonly name: string; readonly values: readonly string[] };
}

export interface CounterDefinition extends MetricBase {
  readonly kind: 'counter';
}

export interface GaugeDefinition extends MetricBase {
  readonly kind: 'gauge';
}

export interface HistogramDefinition extends MetricBase {
  readonly kind: 'histogram';
  /** Upper bounds of the buckets, in the metric's unit. */
  readonly buckets: readonly number[];
}

export type MetricDefinition = CounterDefinition | GaugeDefinition | HistogramDefinition;

/** From a short clip to the longest job allowed. */
const JOB_SECONDS = [0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600, 10_800];

export const METRICS = {
  jobs: {
    kind: 'counter',
    name: 'clipping_worker_jobs_total',
    cloudWatch: 'Jobs',
    unit: 'Count',
    help: 'Attempts at jobs that ended, by outcome.',
    label: { name: 'outcome', values: OUTCOMES },
  },
  stageSeconds: {
    kind: 'histogram',
    name: 'clipping_worker_stage_duration_seconds',
    cloudWatch: 'StageDuration',
    unit: 'Seconds',
    help: 'Wall time that a job spent in a stage.',
    label: { name: 'stage', values: STAGES },
    buckets: JOB_SECONDS,
  },
  jobSeconds: {
    kind: 'histogram',
    name: 'clipping_worker_job_duration_seconds',
    cloudWatch: 'JobDuration',
    unit: 'Seconds',
    help: 'Wall time from the receive of a message to its end.',
    buckets: JOB_SECONDS,
  },
  jobCpuSeconds: {
    kind: 'histogram',
    name: 'clipping_worker_job_cpu_seconds',
    cloudWatch: 'JobCpu',
    unit: 'Seconds',
    help: 'CPU time of this process during a job, without its decoder; jobs side by side share it evenly.',
    buckets: JOB_SECONDS,
  },
  videoBytes: {
    kind: 'counter',
    name: 'clipping_worker_video_bytes_total',
    cloudWatch: 'VideoBytes',
    unit: 'Bytes',
    help: 'Bytes of the videos that were copied: fetched, or spared because no sample needs them.',
    label: { name: 'kind', values: ['fetched', 'spared'] },
  },
  realTimeFactor: {
    kind: 'histogram',
    name: 'clipping_worker_job_real_time_factor',
    cloudWatch: 'JobRealTimeFactor',
    unit: 'None',
    help: 'Analysis time divided by the duration of the video: below 1 is faster than watching it.',
    buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
  },
  frames: {
    kind: 'counter',
    name: 'clipping_worker_frames_total',
    cloudWatch: 'Frames',
    unit: 'Count',
    help: 'Sampled frames in completed results.',
  },
  faces: {
    kind: 'counter',
    name: 'clipping_worker_faces_total',
    cloudWatch: 'Faces',
    unit: 'Count',
    help: 'Faces detected in completed results.',
  },
  poses: {
    kind: 'counter',
    name: 'clipping_worker_poses_total',
    cloudWatch: 'Poses',
    unit: 'Count',
    help: 'Poses detected in completed results.',
  },
  tracks: {
    kind: 'counter',
    name: 'clipping_worker_tracks_total',
    cloudWatch: 'Tracks',
    unit: 'Count',
    help: 'Face and pose tracks in completed results.',
    label: { name: 'kind', values: ['face', 'pose'] },
  },
  queueWaitSeconds: {
    kind: 'histogram',
    name: 'clipping_worker_queue_wait_seconds',
    cloudWatch: 'QueueWait',
    unit: 'Seconds',
    help: 'Time from the send of a message to its first receive.',
    buckets: [1, 5, 15, 60, 180, 600, 1800, 3600, 10_800, 43_200],
  },
  receiveCount: {
    kind: 'histogram',
    name: 'clipping_worker_receive_count',
    cloudWatch: 'ReceiveCount',
    unit: 'Count',
    help: 'How often the queue had handed out a message that arrived.',
    buckets: [1, 2, 3, 5, 8, 10],
  },
  heartbeatLatenessSeconds: {
    kind: 'histogram',
    name: 'clipping_worker_heartbeat_lateness_seconds',
    cloudWatch: 'HeartbeatLateness',
    unit: 'Seconds',
    help: 'How much later than planned a message was renewed.',
    buckets: [0.01, 0.05, 0.25, 1, 5, 20],
  },
  eventLoopDelaySeconds: {
    kind: 'gauge',
    name: 'clipping_worker_event_loop_delay_seconds',
    cloudWatch: 'EventLoopDelay',
    unit: 'Seconds',
    help: 'How late the main thread turned, the 99th percentile since the last reading.',
  },
  residentMemoryBytes: {
    kind: 'gauge',
    name: 'clipping_worker_resident_memory_bytes',
    cloudWatch: 'ResidentMemory',
    unit: 'Bytes',
    help: 'Resident memory of the process, without its decoders.',
  },
  runningJobs: {
    kind: 'gauge',
    name: 'clipping_worker_running_jobs',
    cloudWatch: 'RunningJobs',
    unit: 'Count',
    help: 'Jobs under way.',
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricKey = keyof typeof METRICS;

/** What a measurement must say besides its value: the label's value where the metric has a label, else nothing. */
export type LabelOf<K extends MetricKey> = (typeof METRICS)[K] extends {
  readonly label: { readonly values: readonly (infer Value extends string)[] };
}
  ? [label: Value]
  : [];

/** Where measurements go. */
export interface MetricSink {
  /** Adds to a counter, sets a gauge or observes a value of a histogram, in the metric's unit. */
  record<K extends MetricKey>(key: K, value: number, ...label: LabelOf<K>): void;
}

/** The CloudWatch namespace of a deployment's metrics. */
export function cloudWatchNamespace(deployment: string): string {
  return `ClippingWorker/${deployment}`;
}

/** The name of a metric in CloudWatch: `JobsCompleted` for (`jobs`, `completed`), `Frames` for (`frames`). */
export function cloudWatchName(key: MetricKey, labelValue?: string): string {
  const { cloudWatch } = METRICS[key];
  return labelValue === undefined ? cloudWatch : cloudWatch + capitalized(labelValue);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
