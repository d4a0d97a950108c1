import { describe, expect, it } from '@jest/globals';
import { policyFor, SCALING_POLICY } from '../../infra/scaling-policy.ts';
import { dollarsPerTaskHour } from '../../infra/scaling-simulation/aws-behaviour.ts';
import { drawSimulations } from '../../infra/scaling-simulation/draw-svg.ts';
import type { LoadShape } from '../../infra/scaling-simulation/load-shapes.ts';
import { recommended, tryPolicy } from '../../infra/scaling-simulation/recommend.ts';
import { figures } from '../../infra/scaling-simulation/report.ts';
import { simulate } from '../../infra/scaling-simulation/simulate.ts';

/** Jobs of a minute each, sent at once. */
function jobsAtOnce(count: number): LoadShape {
  const jobs = Array.from({ length: count }, () => ({ sentAt: 100, videoSeconds: 600, workSeconds: 60 }));
  return { name: `${count} at once`, hours: 2, jobs };
}

describe('the simulated service', () => {
  it('starts every job once, in the order of sending, and never before it was sent', () => {
    const { waits } = simulate(jobsAtOnce(500), SCALING_POLICY);
    expect(waits).toHaveLength(500);
    expect(Math.min(...waits)).toBeGreaterThan(0);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
  });

  it('leaves zero after the metric’s delay and a task’s start, and returns to zero', () => {
    const { waits, minutes } = simulate(jobsAtOnce(1), SCALING_POLICY);
    expect(waits[0]).toBeGreaterThanOrEqual(60 + 40);
    expect(waits[0]).toBeLessThanOrEqual(2 * 60 + 60 + 80);
    expect(minutes.at(-1)).toEqual({ waiting: 0, runningTasks: 0 });
  });

  it('never runs more tasks than the policy allows', () => {
    const { peakTasks } = simulate(jobsAtOnce(5000), { ...SCALING_POLICY, maxTasks: 7 });
    expect(peakTasks).toBe(7);
  });

  it('pays for tasks from their order to their end', () => {
    const { taskHours } = simulate(jobsAtOnce(1), { ...SCALING_POLICY, minTasks: 1, maxTasks: 1 });
    expect(taskHours).toBeCloseTo(2, 1);
    expect(dollarsPerTaskHour({ vcpu: 2, memoryGib: 4, paidDiskGib: 0, spotShare: 0 })).toBeCloseTo(
      0.09874,
      5,
    );
  });

  it('comes to the same figures in every run', () => {
    const [one, other] = [1, 2].map(() => figures(simulate(jobsAtOnce(300), SCALING_POLICY), 2));
    expect(one).toEqual(other);
  });

  it('is drawn with one panel for each load', () => {
    const svg = drawSimulations([
      simulate(jobsAtOnce(1), SCALING_POLICY),
      simulate(jobsAtOnce(40), SCALING_POLICY),
    ]);
    expect(svg.match(/<polyline /g)).toHaveLength(2);
    expect(svg).not.toContain('NaN');
  });
});

describe('the policy that the stack deploys', () => {
  it('keeps the promises, and is cheaper than hastier and roomier ones', () => {
    const deployed = tryPolicy(SCALING_POLICY);
    const others = [{ scaleOutCooldownSeconds: 60 }, { targetBacklogPerTask: 1.5 }, { maxTasks: 25 }].map(
      (change) => tryPolicy({ ...SCALING_POLICY, ...change }),
    );
    expect(deployed.keepsPromises).toBe(true);
    expect(recommended([...others, deployed])).toBe(deployed);
  });

  it('is the one for tasks of the default size', () => {
    expect(policyFor(SCALING_POLICY)).toEqual(SCALING_POLICY);
  });

  it('is told apart from promises that nothing keeps', () => {
    expect(() => recommended([])).toThrow('no policy keeps the promises');
  });
});
