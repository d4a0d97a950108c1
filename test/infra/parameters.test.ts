import { describe, expect, it } from '@jest/globals';
import { readParameters } from '../../infra/parameters.ts';

describe('the stack’s parameters', () => {
  it('have defaults for everything', () => {
    expect(readParameters({})).toMatchObject({
      taskCpuUnits: 2048,
      taskMemoryMib: 4096,
      maxReceiveCount: 10,
    });
  });

  it('take text, as the command line gives it', () => {
    expect(readParameters({ maxTasks: '7', logRetentionDays: '90', cpuArchitecture: 'ARM64' })).toMatchObject(
      {
        maxTasks: 7,
        logRetentionDays: 90,
        cpuArchitecture: 'ARM64',
      },
    );
  });

  it('name everything that is wrong, at once', () => {
    expect(() => readParameters({ maxTasks: 'many', imageTag: 'a b', logRetentionDays: 8 })).toThrow(
      /imageTag.*\n.*maxTasks.*\n.*logRetentionDays/,
    );
  });

  it('leave the worker time to hand messages back before ECS kills it', () => {
    expect(() => readParameters({ shutdownGraceSeconds: 120 })).toThrow(/shutdownGraceSeconds/);
  });
});
