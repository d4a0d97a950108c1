import { describe, expect, it } from '@jest/globals';
import { decoderThreads } from '../../src/pipeline/decoder-threads.ts';

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
