/** Application Auto Scaling in small: target tracking and the step from zero, deciding on delayed metrics as the real one does. */
import type { ScalingPolicy } from '../scaling-policy.ts';
import { TARGET_TRACKING } from './aws-behaviour.ts';

/** One minute of the metrics that the policies read. */
export interface Datapoint {
  readonly visible: number;
  readonly inFlight: number;
  readonly desiredTasks: number;
  readonly runningTasks: number;
}

/** What target tracking steers to its target. */
export type TrackedMetric = (datapoint: Datapoint) => number;

/** The stack's metric; there are no callbacks here. */
export const jobsPerWantedTask: TrackedMetric = ({ visible, inFlight, desiredTasks }) =>
  (visible + inFlight) / Math.max(1, desiredTasks);

/** The metric of AWS's own example, for comparison. */
export const waitingJobsPerRunningTask: TrackedMetric = ({ visible, runningTasks }) =>
  visible / Math.max(1, runningTasks);

/** The step policy's own cooldown, as in the stack. */
const STEP_COOLDOWN_SECONDS = 240;

export class Scaler {
  readonly #policy: ScalingPolicy;
  readonly #metric: TrackedMetric;
  #lastScaleOut = Number.NEGATIVE_INFINITY;
  #lastScaleIn = Number.NEGATIVE_INFINITY;
  #lastStep = Number.NEGATIVE_INFINITY;

  constructor(policy: ScalingPolicy, metric: TrackedMetric) {
    this.#policy = policy;
    this.#metric = metric;
  }

  /**
   * The number of tasks to want from now on.
   * @param datapoints what CloudWatch shows at `now`, oldest first
   * @param now seconds
   */
  decide(datapoints: readonly Datapoint[], desired: number, now: number): number {
    const tracked = this.#track(datapoints, desired, now);
    const stepped = this.#step(datapoints.at(-1), desired, now);
    const { minTasks, maxTasks } = this.#policy;
    // Of several policies the one that wants most is followed.
    return Math.min(maxTasks, Math.max(minTasks, tracked, stepped));
  }

  #track(datapoints: readonly Datapoint[], desired: number, now: number): number {
    const { targetBacklogPerTask: target, scaleOutCooldownSeconds, scaleInCooldownSeconds } = this.#policy;
    const { highDatapoints, lowDatapoints, lowFactor } = TARGET_TRACKING;
    const backlogs = datapoints.map(this.#metric);
    const wanted = Math.ceil((desired * (backlogs.at(-1) ?? 0)) / target);
    if (lastAll(backlogs, highDatapoints, (backlog) => backlog > target) && wanted > desired) {
      if (now - this.#lastScaleOut < scaleOutCooldownSeconds) return desired;
      this.#lastScaleOut = now;
      return wanted;
    }
    if (lastAll(backlogs, lowDatapoints, (backlog) => backlog < lowFactor * target) && wanted < desired) {
      const quietSince = Math.max(this.#lastScaleIn, this.#lastScaleOut);
      if (now - quietSince < scaleInCooldownSeconds) return desired;
      this.#lastScaleIn = now;
      return wanted;
    }
    return desired;
  }

  #step(latest: Datapoint | undefined, desired: number, now: number): number {
    if (latest === undefined || latest.inFlight >= 1) return 0;
    const step = this.#policy.stepsFromZero.findLast(({ backlog }) => latest.visible >= backlog);
    if (step === undefined || now - this.#lastStep < STEP_COOLDOWN_SECONDS) return 0;
    this.#lastStep = now;
    return desired + step.tasks;
  }
}

function lastAll(values: readonly number[], count: number, holds: (value: number) => boolean): boolean {
  return values.length >= count && values.slice(-count).every(holds);
}
