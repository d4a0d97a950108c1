import { describe, expect, it } from '@jest/globals';
import { createCpuMeter } from '../../src/media/sampling-report.ts';

describe('the CPU meter', () => {
  it('adds up what several children say, in the words of old and new versions', () => {
    const meter = createCpuMeter();
    for (const line of ['frame=1', 'bench: utime=1.250s stime=0.050s rtime=2.000s', 'bench: utime=0.200s']) {
      meter.onStderrLine(line);
    }
    expect(meter.totalMs()).toBe(1500);
  });

  it('knows nothing when nothing was said', () => {
    expect(createCpuMeter().totalMs()).toBeNull();
  });
});
