import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { METRICS } from '../../src/telemetry/metric-definitions.ts';
import { PrometheusSink } from '../../src/telemetry/prometheus-sink.ts';

const hasPromtool = spawnSync('promtool', ['--version']).error === undefined;

describe('the Prometheus registry', () => {
  it('shows every metric and every label from the start, at zero', async () => {
    const text = await new PrometheusSink().exposition();
    for (const { name } of Object.values(METRICS)) expect(text).toContain(`# TYPE ${name} `);
    expect(text).toContain('clipping_worker_jobs_total{outcome="exhausted"} 0');
    expect(text).toContain('clipping_worker_stage_duration_seconds_count{stage="inference"} 0');
  });

  it('has as many series as infra/README.md says', async () => {
    const text = await new PrometheusSink().exposition();
    const series = text.split('\n').filter((line) => line.startsWith('clipping_worker'));
    const readme = readFileSync(join(import.meta.dirname, '../../infra/README.md'), 'utf8');
    expect(/metrics +(\d+) series/.exec(readme)?.[1]).toBe(String(series.length));
  });

  it('adds to counters, sets gauges and sorts values into buckets', async () => {
    const sink = new PrometheusSink();
    sink.record('jobs', 1, 'completed');
    sink.record('jobs', 1, 'completed');
    sink.record('residentMemoryBytes', 5);
    sink.record('residentMemoryBytes', 3);
    sink.record('queueWaitSeconds', 7);
    const text = await sink.exposition();
    expect(text).toContain('clipping_worker_jobs_total{outcome="completed"} 2');
    expect(text).toContain('clipping_worker_resident_memory_bytes 3');
    expect(text).toContain('clipping_worker_queue_wait_seconds_bucket{le="5"} 0');
    expect(text).toContain('clipping_worker_queue_wait_seconds_bucket{le="15"} 1');
  });

  it('keeps two registries apart', async () => {
    const [one, other] = [new PrometheusSink(), new PrometheusSink()];
    one.record('frames', 4);
    expect(await other.exposition()).toContain('clipping_worker_frames_total 0');
  });

  const itWithPromtool = hasPromtool ? it : it.skip;
  itWithPromtool('passes the linter of Prometheus without a warning (promtool on PATH)', async () => {
    const sink = new PrometheusSink();
    sink.record('jobs', 1, 'failed');
    sink.record('tracks', 3, 'pose');
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await sink.exposition(),
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
