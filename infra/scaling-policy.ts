/** How the service scales: the one policy that the stack deploys and `npm run sim:scaling` recommends. */

/** Tasks to start at once from zero, when at least `backlog` jobs wait. */
export interface StepFromZero {
  readonly backlog: number;
  readonly tasks: number;
}

export interface ScalingPolicy {
  readonly minTasks: number;
  readonly maxTasks: number;
  /** Jobs a task works on at a time. */
  readonly jobsPerTask: number;
  /**
   * Jobs per task, waiting and held ones together, that the number of tasks is steered to. Held is also a job that only waits for its
   * receiver, or for its next attempt: the queue cannot tell.
   * Below `jobsPerTask` there are idle slots for what comes next; above it jobs queue for them.
   */
  readonly targetBacklogPerTask: number;
  readonly scaleOutCooldownSeconds: number;
  readonly scaleInCooldownSeconds: number;
  /** In rising order; the last step that the backlog reaches applies. */
  readonly stepsFromZero: readonly StepFromZero[];
}

export const SCALING_POLICY: ScalingPolicy = {
  minTasks: 0,
  maxTasks: 50,
  jobsPerTask: 2,
  targetBacklogPerTask: 2,
  // Longer than the metric is late and a task takes to start, or the same jobs order tasks twice.
  scaleOutCooldownSeconds: 180,
  scaleInCooldownSeconds: 900,
  stepsFromZero: [
    { backlog: 1, tasks: 1 },
    { backlog: 10, tasks: 4 },
    { backlog: 100, tasks: 20 },
  ],
};

/**
 * The policy for tasks of another size: as many slots for the same back-log, in fewer or more tasks.
 * @param size what the stack's parameters say
 */
export function policyFor(size: Pick<ScalingPolicy, 'minTasks' | 'maxTasks' | 'jobsPerTask'>): ScalingPolicy {
  const { jobsPerTask, targetBacklogPerTask, stepsFromZero } = SCALING_POLICY;
  const timesLarger = size.jobsPerTask / jobsPerTask;
  return {
    ...SCALING_POLICY,
    minTasks: size.minTasks,
    maxTasks: size.maxTasks,
    jobsPerTask: size.jobsPerTask,
    targetBacklogPerTask: targetBacklogPerTask * timesLarger,
    stepsFromZero: stepsFromZero.map(({ backlog, tasks }) => ({
      backlog,
      // More tasks than jobs are idle, however small they are.
      tasks: Math.min(backlog, Math.ceil(tasks / timesLarger)),
    })),
  };
}
