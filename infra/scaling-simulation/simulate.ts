/** One load under one policy, second by second: jobs wait, tasks start, work and stop, metrics arrive late. */
import type { ScalingPolicy } from '../scaling-policy.ts';
import { CLOUDWATCH, ECS } from './aws-behaviour.ts';
import type { SimulatedJob } from './job-times.ts';
import type { LoadShape } from './load-shapes.ts';
import { type Random, seededRandom } from './random.ts';
import { type Datapoint, jobsPerWantedTask, Scaler, type TrackedMetric } from './scaler.ts';

export interface Minute {
  readonly waiting: number;
  readonly runningTasks: number;
}

export interface SimulationResult {
  readonly shape: LoadShape;
  /** Seconds that each job waited for a worker, in the order of their starts. */
  readonly waits: readonly number[];
  /** When the last job was done, in seconds after the first was sent. */
  readonly makespanSeconds: number;
  readonly taskHours: number;
  readonly peakTasks: number;
  readonly minutes: readonly Minute[];
}

interface Task {
  readonly readyAt: number;
  /** When each slot is free again. */
  readonly slots: number[];
}

/** Runs until every job is done, at least for the shape's hours. */
export function simulate(
  shape: LoadShape,
  policy: ScalingPolicy,
  metric: TrackedMetric = jobsPerWantedTask,
): SimulationResult {
  const fleet = new Fleet(policy.jobsPerTask, seededRandom(5));
  const scaler = new Scaler(policy, metric);
  const metrics = new Metrics();
  const waits: number[] = [];
  const minutes: Minute[] = [];
  let sent = 0;
  let started = 0;
  let desired = policy.minTasks;
  let taskSeconds = 0;
  let peakTasks = 0;
  let doneAt = 0;

  for (let now = 0; now < shape.hours * 3600 || started < shape.jobs.length; now++) {
    while ((shape.jobs[sent]?.sentAt ?? Number.POSITIVE_INFINITY) <= now) sent++;
    fleet.resize(desired, now);
    for (const slots of fleet.freeSlots(now)) {
      if (started === sent) break;
      const job = shape.jobs[started++] as SimulatedJob;
      waits.push(now - job.sentAt);
      doneAt = Math.max(doneAt, slots.take(job, now));
    }
    taskSeconds += fleet.size;
    peakTasks = Math.max(peakTasks, fleet.size);
    if (now % 60 !== 0) continue;
    const waiting = sent - started;
    const runningTasks = fleet.running(now);
    const inFlight = fleet.busySlots(now);
    metrics.publish({ visible: waiting, inFlight, desiredTasks: desired, runningTasks }, now);
    desired = scaler.decide(metrics.shown(now), desired, now);
    minutes.push({ waiting, runningTasks });
  }
  const makespanSeconds = doneAt - (shape.jobs[0]?.sentAt ?? 0);
  return { shape, waits, makespanSeconds, taskHours: taskSeconds / 3600, peakTasks, minutes };
}

/** CloudWatch: what was published a while ago. */
class Metrics {
  readonly #published: (Datapoint & { readonly at: number })[] = [];
  #lastTouchedAt = 0;
  #asleepUntil = 0;

  /** A queue is touched by messages and by tasks that poll it. */
  publish(datapoint: Datapoint, now: number): void {
    if (datapoint.runningTasks > 0 || datapoint.visible > 0) {
      const asleep = now - this.#lastTouchedAt > CLOUDWATCH.queueAsleepAfterSeconds;
      if (asleep) this.#asleepUntil = now + CLOUDWATCH.queueWakesWithinSeconds;
      this.#lastTouchedAt = now;
    }
    if (now >= this.#asleepUntil) this.#published.push({ ...datapoint, at: now });
  }

  shown(now: number): readonly Datapoint[] {
    const newest = this.#published.findLastIndex(({ at }) => at + CLOUDWATCH.metricDelaySeconds <= now);
    return this.#published.slice(Math.max(0, newest - 19), newest + 1);
  }
}

/** The tasks of the service. Busy ones are protected from scale-in. */
class Fleet {
  readonly #jobsPerTask: number;
  readonly #random: Random;
  #tasks: Task[] = [];

  constructor(jobsPerTask: number, random: Random) {
    this.#jobsPerTask = jobsPerTask;
    this.#random = random;
  }

  /** Tasks that are paid for, the starting ones included. */
  get size(): number {
    return this.#tasks.length;
  }

  resize(desired: number, now: number): void {
    while (this.#tasks.length < desired) {
      const { min, max } = ECS.startSeconds;
      const readyAt = now + min + (max - min) * this.#random();
      this.#tasks.push({ readyAt, slots: Array<number>(this.#jobsPerTask).fill(readyAt) });
    }
    let surplus = this.#tasks.length - desired;
    if (surplus <= 0) return;
    this.#tasks = this.#tasks.filter(({ slots }) => {
      const idle = slots.every((freeAt) => freeAt <= now);
      return !(idle && surplus-- > 0);
    });
  }

  *freeSlots(now: number): Generator<{ take(job: SimulatedJob, now: number): number }> {
    for (const { slots } of this.#tasks) {
      for (let index = 0; index < slots.length; index++) {
        if ((slots[index] as number) > now) continue;
        yield {
          take(job, at) {
            slots[index] = at + job.workSeconds;
            return at + job.workSeconds;
          },
        };
      }
    }
  }

  running(now: number): number {
    return this.#tasks.filter(({ readyAt }) => readyAt <= now).length;
  }

  busySlots(now: number): number {
    const busy = ({ readyAt, slots }: Task) =>
      readyAt > now ? 0 : slots.filter((freeAt) => freeAt > now).length;
    return this.#tasks.reduce((sum, task) => sum + busy(task), 0);
  }
}
