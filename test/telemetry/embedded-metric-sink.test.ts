import { describe, expect, it } from '@jest/globals';
import { EmbeddedMetricSink } from '../../src/telemetry/embedded-metric-sink.ts';

function sinkWithLines() {
  const lines: Record<string, unknown>[] = [];
  const sink = new EmbeddedMetricSink({
    namespace: 'Test',
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
    now: () => 1_700_000_000_000,
  });
  return { sink, lines };
}

describe('embedded metrics', () => {
  it('are one line in the format of CloudWatch', () => {
    const { sink, lines } = sinkWithLines();
    sink.record('jobs', 1, 'completed');
    sink.record('residentMemoryBytes', 1024);
    sink.flush();
    expect(lines).toEqual([
      {
        _aws: {
          Timestamp: 1_700_000_000_000,
          CloudWatchMetrics: [
            {
              Namespace: 'Test',
              Dimensions: [[]],
              Metrics: [
                { Name: 'JobsCompleted', Unit: 'Count' },
                { Name: 'ResidentMemory', Unit: 'Bytes' },
              ],
            },
          ],
        },
        JobsCompleted: 1,
        ResidentMemory: 1024,
      },
    ]);
  });

  it('add counters up, keep the last value of gauges and all values of histograms', () => {
    const { sink, lines } = sinkWithLines();
    for (const value of [2, 3]) {
      sink.record('frames', value);
      sink.record('runningJobs', value);
      sink.record('stageSeconds', value, 'decode');
    }
    sink.flush();
    expect(lines).toMatchObject([{ Frames: 5, RunningJobs: 3, StageDurationDecode: [2, 3] }]);
  });

  it('start anew after each line, and write none when nothing happened', () => {
    const { sink, lines } = sinkWithLines();
    sink.record('frames', 2);
    sink.flush();
    sink.flush();
    sink.record('frames', 1);
    sink.flush();
    expect(lines.map((line) => line.Frames)).toEqual([2, 1]);
  });

  it('never hold more values of a metric than a line may', () => {
    const { sink, lines } = sinkWithLines();
    for (let value = 0; value < 150; value++) sink.record('queueWaitSeconds', value);
    sink.flush();
    expect(lines.map((line) => (line.QueueWait as number[]).length)).toEqual([100, 50]);
  });
});
