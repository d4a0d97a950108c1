import { describe, expect, it } from '@jest/globals';
import { areAssisted, decoderThreads } from '../../src/pipeline/idle-cores.ts';

describe('decoderThreads', () => {
  it.each([
    { jobs: 1, cores: 1, threads: 1 },
    { jobs: 1, cores: 2, threads: 2 },
    { jobs: 1, cores: 16, threads: 2 },
    { jobs: 2, cores: 2, threads: 1 },
    { jobs: 2, cores: 3, threads: 1 },
    { jobs: 2, cores: 4, threads: 2 },
    { jobs: 3, cores: 2, threads: 1 },
  ])('gives $jobs jobs on $cores cores $threads each', ({ jobs, cores, threads }) => {
    expect(decoderThreads(jobs, cores)).toBe(threads);
  });
});

describe('areAssisted', () => {
  it.each([
    { jobs: 1, threads: 1, cores: 8, assisted: false },
    { jobs: 1, threads: 2, cores: 1, assisted: false },
    { jobs: 1, threads: 2, cores: 2, assisted: true },
    { jobs: 2, threads: 2, cores: 4, assisted: false },
    { jobs: 2, threads: 4, cores: 2, assisted: false },
    { jobs: 2, threads: 4, cores: 4, assisted: true },
  ])('of $jobs jobs in $threads threads on $cores cores: $assisted', ({ jobs, threads, cores, assisted }) => {
    expect(areAssisted(jobs, threads, cores)).toBe(assisted);
  });
});
