/** Keeps every metric in a Prometheus registry of its own and writes the text that `GET /metrics` answers. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  type LabelOf,
  METRICS,
  type MetricDefinition,
  type MetricKey,
  type MetricSink,
} from './metric-definitions.ts';

type Series = (value: number, label: string | undefined) => void;

export class PrometheusSink implements MetricSink {
  readonly #registry = new Registry();
  readonly #series: Readonly<Record<MetricKey, Series>>;

  constructor() {
    const entries = Object.entries(METRICS).map(([key, definition]) => [
      key,
      series(definition, this.#registry),
    ]);
    this.#series = Object.fromEntries(entries) as Record<MetricKey, Series>;
  }

  record<K extends MetricKey>(key: K, value: number, ...[label]: LabelOf<K>): void {
    this.#series[key](value, label);
  }

  /** Value of the header `Content-Type` for the exposition. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in the Prometheus text format. */
  async exposition(): Promise<string> {
    return await this.#registry.metrics();
  }
}

/** Registers the metric, with all its series at zero. */
function series(definition: MetricDefinition, registry: Registry): Series {
  const { name, help, label } = definition;
  const options = { name, help, labelNames: label === undefined ? [] : [label.name], registers: [registry] };
  const labelled = (value: string | undefined): Record<string, string> =>
    label === undefined || value === undefined ? {} : { [label.name]: value };
  const all = label?.values.map(labelled) ?? [{}];
  switch (definition.kind) {
    case 'counter': {
      const counter = new Counter(options);
      for (const labels of all) counter.inc(labels, 0);
      return (value, of) => counter.inc(labelled(of), value);
    }
    case 'gauge': {
      const gauge = new Gauge(options);
      return (value, of) => gauge.set(labelled(of), value);
    }
    case 'histogram': {
      const histogram = new Histogram({ ...options, buckets: [...definition.buckets] });
      for (const labels of all) histogram.zero(labels);
      return (value, of) => histogram.observe(labelled(of), value);
    }
  }
}
