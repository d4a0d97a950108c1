import { describe, expect, it } from '@jest/globals';
import { startTelemetry } from '../../src/telemetry/telemetry.ts';
import { until } from '../helpers/until.ts';

describe('telemetry', () => {
  it('gives one measurement to Prometheus and to CloudWatch', async () => {
    const lines: string[] = [];
    const telemetry = startTelemetry({
      namespace: 'ClippingWorker/Test',
      writeLine: (line) => lines.push(line),
      runningJobs: () => 3,
    });
    telemetry.record('jobs', 1, 'completed');
    telemetry.stop();
    const { contentType, text } = await telemetry.exposition();
    expect(contentType).toMatch(/^text\/plain/);
    expect(text).toContain('clipping_worker_jobs_total{outcome="completed"} 1');
    expect(text).toContain('clipping_worker_running_jobs 3');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ JobsCompleted: 1, RunningJobs: 3 });
  });

  it('shows memory and jobs under way as they are whenever it is asked, and tells CloudWatch at its own pace', async () => {
    const lines: string[] = [];
    let jobs = 2;
    const telemetry = startTelemetry({
      namespace: 'Test',
      writeLine: (line) => lines.push(line),
      runningJobs: () => jobs,
    });
    const { text } = await telemetry.exposition();
    expect(text).toContain('clipping_worker_running_jobs 2');
    expect(text).toMatch(/^clipping_worker_resident_memory_bytes [1-9]/m);
    jobs = 0;
    expect((await telemetry.exposition()).text).toContain('clipping_worker_running_jobs 0');
    expect(lines).toEqual([]);
    telemetry.stop();
  });

  it('reads the process at its pace', async () => {
    const { promise: written, resolve } = Promise.withResolvers<string>();
    const telemetry = startTelemetry({
      namespace: 'Test',
      writeLine: resolve,
      runningJobs: () => 0,
      intervalMs: 1,
    });
    // The monitor alone does not keep a process alive; this timer does, for the test.
    const alive = setTimeout(() => {}, 10_000);
    const reading = JSON.parse(await written) as Record<string, number>;
    clearTimeout(alive);
    telemetry.stop();
    expect(reading.ResidentMemory).toBeGreaterThan(1e6);
    expect(reading.EventLoopDelay).toBeGreaterThanOrEqual(0);
  });

  it('tells how late the event loop has turned since the last reading, also where no line is written', async () => {
    const telemetry = startTelemetry({ namespace: undefined, writeLine: () => {}, runningJobs: () => 0 });
    // What blocks the loop before its first turn is not seen.
    await until(() => {
      const blockedUntilMs = performance.now() + 100;
      while (performance.now() < blockedUntilMs);
      return telemetry.loopDelayMs().max > 50;
    });
    telemetry.stop();
    expect(telemetry.loopDelayMs()).toEqual({ mean: 0, p99: 0, max: 0 });
  });

  it('writes no line where no namespace is set', () => {
    const lines: string[] = [];
    const options = {
      namespace: undefined,
      writeLine: (line: string) => lines.push(line),
      runningJobs: () => 0,
    };
    const telemetry = startTelemetry(options);
    telemetry.record('frames', 1);
    telemetry.stop();
    expect(lines).toEqual([]);
  });
});
