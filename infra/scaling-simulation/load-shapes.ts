/** The loads that a policy must stand: when jobs are sent. */
import { drawJob, type SimulatedJob } from './job-times.ts';
import { type Random, seededRandom } from './random.ts';

export interface LoadShape {
  readonly name: string;
  /** Simulated time; what is not done by then still is, but the picture ends here. */
  readonly hours: number;
  /** In the order of sending. */
  readonly jobs: readonly SimulatedJob[];
}

const HOUR = 3600;

/** Jobs at random, on average `perHour(t)` an hour. */
function poisson(hours: number, perHour: (second: number) => number, random: Random): SimulatedJob[] {
  const jobs: SimulatedJob[] = [];
  for (let second = 0; second < hours * HOUR; second++) {
    // At most one a second: the rates here are far below that.
    if (random() < perHour(second) / HOUR) jobs.push(drawJob(second, random));
  }
  return jobs;
}

function steady(): LoadShape {
  return { name: 'steady, 600 jobs an hour', hours: 12, jobs: poisson(12, () => 600, seededRandom(1)) };
}

function burst(): LoadShape {
  const random = seededRandom(2);
  // A producer's backfill: sent within a minute.
  const jobs = Array.from({ length: 10_000 }, (_, index) => drawJob(600 + index * 0.006, random));
  return { name: 'a burst of 10,000 jobs', hours: 6, jobs };
}

/** From nothing at night to 1,500 an hour in the afternoon. */
function dailyWave(): LoadShape {
  const perHour = (second: number) => 1500 * Math.max(0, Math.sin((Math.PI * (second / HOUR - 6)) / 16));
  return { name: 'a daily wave, 0 to 1,500 an hour', hours: 26, jobs: poisson(24, perHour, seededRandom(3)) };
}

/** Nothing for eight hours, then a few: the queue's metrics have gone to sleep by then. */
function quietNight(): LoadShape {
  const random = seededRandom(4);
  const jobs = Array.from({ length: 12 }, (_, index) => drawJob(8 * HOUR + index * 600, random));
  return { name: 'after a quiet night, 6 jobs an hour', hours: 11, jobs };
}

export function loadShapes(): LoadShape[] {
  return [steady(), burst(), dailyWave(), quietNight()];
}
