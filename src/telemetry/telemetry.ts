/** The process's telemetry: one set of metrics for `GET /metrics` and, where a namespace is set, for CloudWatch. */
import { EmbeddedMetricSink } from './embedded-metric-sink.ts';
import type { LabelOf, MetricKey, MetricSink } from './metric-definitions.ts';
import { type LoopDelayMs, startProcessMonitor } from './process-monitor.ts';
import { PrometheusSink } from './prometheus-sink.ts';

export interface TelemetryOptions {
  /** CloudWatch namespace; without one no line is written. */
  readonly namespace: string | undefined;
  /** Writes one line of the log that CloudWatch reads. */
  readonly writeLine: (line: string) => void;
  readonly runningJobs: () => number;
  /** Time between two readings of the process, and between two lines. */
  readonly intervalMs?: number;
}

export interface Telemetry extends MetricSink {
  /** What `GET /metrics` answers. */
  exposition(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** How late the event loop has turned since the process was read last. */
  loopDelayMs(): LoopDelayMs;
  /** Takes a last reading, writes what has gathered, and ends. */
  stop(): void;
}

export function startTelemetry({ namespace, writeLine, ...monitored }: TelemetryOptions): Telemetry {
  const prometheus = new PrometheusSink();
  const embedded =
    namespace === undefined ? undefined : new EmbeddedMetricSink({ namespace, write: writeLine });
  const sink: MetricSink = {
    record<K extends MetricKey>(key: K, value: number, ...label: LabelOf<K>) {
      prometheus.record(key, value, ...label);
      embedded?.record(key, value, ...label);
    },
  };
  const monitor = startProcessMonitor({ ...monitored, sink, onReading: () => embedded?.flush() });
  return {
    ...sink,
    async exposition() {
      monitor.recordPresent(prometheus);
      return { contentType: prometheus.contentType, text: await prometheus.exposition() };
    },
    loopDelayMs: () => monitor.loopDelayMs(),
    stop() {
      monitor.read();
      monitor.stop();
    },
  };
}
