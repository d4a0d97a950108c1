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

const DEFAULT_INTERVAL_MS = 30_000;
const RESOLUTION_MS = 20;

/** Never keeps the process alive. */
export function startProcessMonitor(options: ProcessMonitorOptions): ProcessMonitor {
  const { sink, runningJobs, onReading, intervalMs = DEFAULT_INTERVAL_MS } = options;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const read = () => {
    // The histogram holds the whole time between two ticks of its timer, in nanoseconds.
    const lateMs = delay.count === 0 ? 0 : delay.percentile(99) / 1e6 - RESOLUTION_MS;
    delay.reset();
    sink.record('eventLoopDelaySeconds', Math.max(0, lateMs) / 1000);
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
