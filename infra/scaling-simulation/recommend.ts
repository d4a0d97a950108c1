/** Tries policies over all loads and recommends the cheapest that keeps the promises. */
import { SCALING_POLICY, type ScalingPolicy } from '../scaling-policy.ts';
import { loadShapes } from './load-shapes.ts';
import { type Figures, figures } from './report.ts';
import { simulate } from './simulate.ts';

/** What the service promises its producers. */
export const PROMISES = {
  /** 99 of 100 jobs of an everyday load are begun within this, the start from zero included. */
  waitP99Seconds: 120,
  /** Ten thousand jobs at once are done within this. */
  burstMinutes: 120,
} as const;

export interface Trial {
  readonly policy: ScalingPolicy;
  /** In the order of the load shapes: steady, burst, daily wave, quiet night. */
  readonly figures: readonly Figures[];
  readonly keepsPromises: boolean;
  /** Task hours of a steady day's half and of a day's wave: the bill of everyday. */
  readonly everydayTaskHours: number;
}

export function tryPolicy(policy: ScalingPolicy): Trial {
  const all = loadShapes().map((shape) => figures(simulate(shape, policy), policy.jobsPerTask));
  const [steady, burst, wave] = all as [Figures, Figures, Figures, Figures];
  const everyday = [steady, wave];
  return {
    policy,
    figures: all,
    keepsPromises:
      everyday.every(({ waitP99Seconds }) => waitP99Seconds <= PROMISES.waitP99Seconds) &&
      burst.makespanMinutes <= PROMISES.burstMinutes,
    everydayTaskHours: steady.taskHours + wave.taskHours,
  };
}

/** All combinations that are worth a look; what is not varied is as in the stack. */
export function candidates(): ScalingPolicy[] {
  return [25, 50, 100].flatMap((maxTasks) =>
    [1.5, 2, 3, 4, 6].flatMap((targetBacklogPerTask) =>
      [60, 120, 180, 300].flatMap((scaleOutCooldownSeconds) =>
        [60, 300, 900].map((scaleInCooldownSeconds) => ({
          ...SCALING_POLICY,
          maxTasks,
          targetBacklogPerTask,
          scaleOutCooldownSeconds,
          scaleInCooldownSeconds,
        })),
      ),
    ),
  );
}

/** The cheapest trial that keeps the promises; of equally cheap ones the one with the fewest tasks at most. */
export function recommended(trials: readonly Trial[]): Trial {
  const kept = trials.filter(({ keepsPromises }) => keepsPromises);
  const [best] = kept.toSorted(
    (a, b) => a.everydayTaskHours - b.everydayTaskHours || a.policy.maxTasks - b.policy.maxTasks,
  );
  if (best === undefined) throw new Error('no policy keeps the promises: widen the candidates');
  return best;
}
