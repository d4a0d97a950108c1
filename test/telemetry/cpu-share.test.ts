import { describe, expect, it } from '@jest/globals';
import { CpuShare } from '../../src/telemetry/cpu-share.ts';

describe('a job’s share of the CPU time', () => {
  it('is all of it while the job is alone', () => {
    let cpuMs = 1000;
    const end = new CpuShare(() => cpuMs).begin();
    cpuMs = 1700;
    expect(end()).toBe(700);
  });

  it('is an even part while others run', () => {
    let cpuMs = 0;
    const share = new CpuShare(() => cpuMs);
    const endFirst = share.begin();
    cpuMs = 100;
    const endSecond = share.begin();
    cpuMs = 300;
    expect(endFirst()).toBe(100 + 100);
    cpuMs = 350;
    expect(endSecond()).toBe(100 + 50);
  });

  it('leaves out what passed between two jobs', () => {
    let cpuMs = 0;
    const share = new CpuShare(() => cpuMs);
    share.begin()();
    cpuMs = 5000;
    const end = share.begin();
    cpuMs = 5010;
    expect(end()).toBe(10);
  });

  it('is read from the process', () => {
    expect(new CpuShare().begin()()).toBeGreaterThanOrEqual(0);
  });
});
