/** Gathers measurements and writes them as log lines in CloudWatch's embedded metric format: no agent, no API call. */
import {
  type CloudWatchUnit,
  cloudWatchName,
  type LabelOf,
  METRICS,
  type MetricKey,
  type MetricSink,
} from './metric-definitions.ts';

export interface EmbeddedMetricSinkOptions {
  readonly namespace: string;
  /** Writes one line, without its line end, to the log that CloudWatch reads. */
  readonly write: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

interface Gathered {
  readonly unit: CloudWatchUnit;
  readonly values: number[];
}

/** Both limits are the format's: values of one metric in a line, and metrics of one directive. */
const MOST_VALUES = 100;
const MOST_METRICS = 100;

/**
 * Between two calls of `flush` counters add up, gauges keep their last value and histograms keep every value.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class EmbeddedMetricSink implements MetricSink {
  readonly #options: EmbeddedMetricSinkOptions;
  readonly #gathered = new Map<string, Gathered>();

  constructor(options: EmbeddedMetricSinkOptions) {
    this.#options = options;
  }

  record<K extends MetricKey>(key: K, value: number, ...[label]: LabelOf<K>): void {
    const { kind, unit } = METRICS[key];
    const name = cloudWatchName(key, label);
    if (!this.#gathered.has(name) && this.#gathered.size === MOST_METRICS) this.flush();
    const gathered = this.#gathered.get(name) ?? { unit, values: [] };
    this.#gathered.set(name, gathered);
    const { values } = gathered;
    if (kind === 'histogram') values.push(value);
    else values[0] = kind === 'counter' ? (values[0] ?? 0) + value : value;
    if (values.length === MOST_VALUES) this.flush();
  }

  /** Writes what has gathered; nothing when nothing has. */
  flush(): void {
    if (this.#gathered.size === 0) return;
    const metrics = [...this.#gathered];
    this.#gathered.clear();
    const { namespace, write, now = Date.now } = this.#options;
    const directive = {
      Namespace: namespace,
      // One empty set: the metrics have no dimension.
      Dimensions: [[]],
      Metrics: metrics.map(([name, { unit }]) => ({ Name: name, Unit: unit })),
    };
    const values = metrics.map(
      ([
        name,
        {
          values: [first, ...more],
        },
      ]) => [name, more.length === 0 ? first : [first, ...more]],
    );
    write(
      JSON.stringify({
        _aws: { Timestamp: now(), CloudWatchMetrics: [directive] },
        ...Object.fromEntries(values),
      }),
    );
  }
}
