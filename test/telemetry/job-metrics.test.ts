import { describe, expect, it } from '@jest/globals';
import { type JobReport, recordJob } from '../../src/telemetry/job-metrics.ts';
import type { MetricSink } from '../../src/telemetry/metric-definitions.ts';

const COMPLETED: JobReport = {
  outcome: 'completed',
  queue: { receiveCount: 1, waitMs: 1500 },
  durationMs: 9000,
  cpuMs: 6000,
  downloadMs: 400,
  video: { bytes: 1000, fetchedBytes: 300 },
  analysis: {
    totalMs: 6000,
    probeMs: 100,
    decodeMs: 2000,
    inferenceMs: 3500,
    trackingMs: 50,
    videoMs: 60_000,
  },
  found: {
    frames: 30,
    faces: 42,
    poses: 17,
    faceTracks: 2,
    poseTracks: 1,
  },
};

function recorded(report: JobReport): Record<string, number> {
  const values: [string, number][] = [];
  const sink: MetricSink = {
    record: (key, value, ...[label]) => {
      values.push([label === undefined ? key : `${key}.${label}`, value]);
    },
  };
  recordJob(sink, report);
  return Object.fromEntries(values);
}

describe('the end of a job', () => {
  it('is counted with everything that was measured on the way', () => {
    expect(recorded(COMPLETED)).toEqual({
      'jobs.completed': 1,
      receiveCount: 1,
      queueWaitSeconds: 1.5,
      jobSeconds: 9,
      jobCpuSeconds: 6,
      'stageSeconds.download': 0.4,
      'videoBytes.fetched': 300,
      'videoBytes.spared': 700,
      'stageSeconds.probe': 0.1,
      'stageSeconds.decode': 2,
      'stageSeconds.inference': 3.5,
      'stageSeconds.tracking': 0.05,
      realTimeFactor: 0.1,
      frames: 30,
      faces: 42,
      poses: 17,
      'tracks.face': 2,
      'tracks.pose': 1,
    });
  });

  it('leaves out what it did not come to', () => {
    const { analysis: _, downloadMs: __, video: ___, found: ____, ...rest } = COMPLETED;
    expect(recorded({ ...rest, outcome: 'released' })).toEqual({
      'jobs.released': 1,
      receiveCount: 1,
      queueWaitSeconds: 1.5,
      jobSeconds: 9,
      jobCpuSeconds: 6,
    });
  });

  it('counts the wait for a worker once: a later receive has waited for its back-off', () => {
    expect(recorded({ ...COMPLETED, queue: { receiveCount: 2, waitMs: 1500 } })).not.toHaveProperty(
      'queueWaitSeconds',
    );
  });

  it('takes a wait that clocks disagree on as none', () => {
    expect(recorded({ ...COMPLETED, queue: { receiveCount: 1, waitMs: -20 } })).toMatchObject({
      queueWaitSeconds: 0,
    });
  });
});
