/** Reads the state of the process at a fixed pace: memory, the delay of its event loop, jobs under way. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricSink } from './metric-definitions.ts';

export interface ProcessMonitorOptions {
  readonly sink: MetricSink;
  readonly runningJobs: () => number;
  /** Called after every reading. */
  readonly onReading: () => void;
  readonly intervalMs?: number;
}

export interface ProcessMonitor {
  /** Reads now, besides the readings at its pace. */
  read(): void;
  stop(): void;
}

/** What is asked of the histogram that `monitorEventLoopDelay` gives. */
type LoopDelay = Pick<ReturnType<typeof monitorEventLoopDelay>, 'count' | 'percentile'>;

const DEFAULT_INTERVAL_MS = 30_000;
const RESOLUTION_MS = 20;

/** Never keeps the process alive. */
export function startProcessMonitor(options: ProcessMonitorOptions): ProcessMonitor {
  const { sink, runningJobs, onReading, intervalMs = DEFAULT_INTERVAL_MS } = options;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const read = () => {
    sink.record('eventLoopDelaySeconds', loopDelaySeconds(delay));
    delay.reset();
    sink.record('residentMemoryBytes', process.memoryUsage.rss());
    sink.record('runningJobs', runningJobs());
    onReading();
  };
  const timer = setInterval(read, intervalMs).unref();
  return {
    read,
    stop() {
      clearInterval(timer);
      delay.disable();
    },
  };
}

/** The histogram holds the whole time between two ticks of its timer, in nanoseconds: the delay is what lies above its pace. */
export function loopDelaySeconds(histogram: LoopDelay): number {
  const lateMs = histogram.count === 0 ? 0 : histogram.percentile(99) / 1e6 - RESOLUTION_MS;
  return Math.max(0, lateMs) / 1000;
}
