/** What a simulation comes to, in the figures that a policy is chosen by. */
import { dollarsPerTaskHour, type TaskSize } from './aws-behaviour.ts';
import type { SimulationResult } from './simulate.ts';

export interface Figures {
  readonly shape: string;
  readonly waitP50Seconds: number;
  readonly waitP99Seconds: number;
  readonly makespanMinutes: number;
  readonly peakTasks: number;
  readonly taskHours: number;
  readonly dollarsPer1000VideoMinutes: number;
  /** Part of the paid slot time in which a job ran. */
  readonly utilisation: number;
}

/** The stack's task: 2 vCPU, 4 GB, 30 GiB of disk of which 20 are free, three of four on Spot. */
const TASK: TaskSize = { vcpu: 2, memoryGib: 4, paidDiskGib: 10, spotShare: 0.75 };

export function figures(result: SimulationResult, jobsPerTask: number): Figures {
  const { shape, waits, makespanSeconds, peakTasks, taskHours } = result;
  const sorted = [...waits].sort((a, b) => a - b);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const videoMinutes = sum(shape.jobs.map(({ videoSeconds }) => videoSeconds)) / 60;
  const workHours = sum(shape.jobs.map(({ workSeconds }) => workSeconds)) / 3600;
  return {
    shape: shape.name,
    waitP50Seconds: percentile(sorted, 0.5),
    waitP99Seconds: percentile(sorted, 0.99),
    makespanMinutes: makespanSeconds / 60,
    peakTasks,
    taskHours,
    dollarsPer1000VideoMinutes: (taskHours * dollarsPerTaskHour(TASK) * 1000) / videoMinutes,
    utilisation: workHours / (taskHours * jobsPerTask),
  };
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}
