/** Reads the state of the process, at a fixed pace and when asked: memory, the delay of its event loop, jobs under way. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricSink } from './metric-definitions.ts';

export interface ProcessMonitorOptions {
  readonly sink: MetricSink;
  readonly runningJobs: () => number;
  /** Called after every reading. */
  readonly onReading: () => void;
  readonly intervalMs?: number;
}

/** How late the event loop has turned, in milliseconds to a tenth. */
export interface LoopDelayMs {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

export interface ProcessMonitor {
  /** Reads now, besides the readings at its pace. */
  read(): void;
  /** Records what is so at this moment, memory and jobs under way, in that sink alone: several may ask at paces of their own. */
  recordPresent(sink: MetricSink): void;
  /** Since the last reading. */
  loopDelayMs(): LoopDelayMs;
  stop(): void;
}

/** What is asked of the histogram that `monitorEventLoopDelay` gives. */
type LoopHistogram = Pick<ReturnType<typeof monitorEventLoopDelay>, 'count' | 'mean' | 'percentile' | 'max'>;

const DEFAULT_INTERVAL_MS = 30_000;
const RESOLUTION_MS = 20;

/** Never keeps the process alive. */
export function startProcessMonitor(options: ProcessMonitorOptions): ProcessMonitor {
  const { sink, runningJobs, onReading, intervalMs = DEFAULT_INTERVAL_MS } = options;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const recordPresent = (to: MetricSink) => {
    to.record('residentMemoryBytes', process.memoryUsage.rss());
    to.record('runningJobs', runningJobs());
  };
  const read = () => {
    sink.record('eventLoopDelaySeconds', loopDelayMs(delay).p99 / 1000);
    delay.reset();
    recordPresent(sink);
    onReading();
  };
  const timer = setInterval(read, intervalMs).unref();
  return {
    read,
    recordPresent,
    loopDelayMs: () => loopDelayMs(delay),
    stop() {
      clearInterval(timer);
      delay.disable();
    },
  };
}

/** The histogram holds the whole time between two ticks of its timer, in nanoseconds: the delay is what lies above its pace. */
export function loopDelayMs(histogram: LoopHistogram): LoopDelayMs {
  const above = (nanoseconds: number) => {
    const lateMs = histogram.count === 0 ? 0 : nanoseconds / 1e6 - RESOLUTION_MS;
    return Math.max(0, Math.round(10 * lateMs) / 10);
  };
  return {
    mean: above(histogram.mean),
    p99: above(histogram.percentile(99)),
    max: above(histogram.max),
  };
}
