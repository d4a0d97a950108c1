/** `npm run sim:scaling`: tries many policies, prints the recommended one's figures and draws it; fails when the stack deploys another. */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { SCALING_POLICY, type ScalingPolicy } from '../scaling-policy.ts';
import { drawSimulations } from './draw-svg.ts';
import { loadShapes } from './load-shapes.ts';
import { candidates, PROMISES, recommended, type Trial, tryPolicy } from './recommend.ts';
import { type Figures, figures } from './report.ts';
import { waitingJobsPerRunningTask } from './scaler.ts';
import { simulate } from './simulate.ts';

const PICTURE = new URL('./scaling.svg', import.meta.url);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const COLUMNS: readonly (readonly [heading: string, width: number, cell: (row: Figures) => string])[] = [
  ['load', -38, ({ shape }) => shape],
  ['wait p50', 9, ({ waitP50Seconds }) => `${waitP50Seconds.toFixed(0)} s`],
  ['wait p99', 9, ({ waitP99Seconds }) => `${waitP99Seconds.toFixed(0)} s`],
  ['all done', 10, ({ makespanMinutes }) => `${makespanMinutes.toFixed(0)} min`],
  ['most tasks', 11, ({ peakTasks }) => String(peakTasks)],
  ['task hours', 11, ({ taskHours }) => taskHours.toFixed(1)],
  ['busy', 6, ({ utilisation }) => `${(utilisation * 100).toFixed(0)} %`],
  ['$ / 1,000 video min', 20, ({ dollarsPer1000VideoMinutes }) => dollarsPer1000VideoMinutes.toFixed(3)],
];

function table(rows: readonly Figures[]): void {
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => {
        const width = COLUMNS[index]?.[1] ?? 0;
        return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
      })
      .join('');
  say(line(COLUMNS.map(([heading]) => heading)));
  for (const row of rows) say(line(COLUMNS.map(([, , cell]) => cell(row))));
}

function describe(policy: ScalingPolicy): string {
  const { targetBacklogPerTask, minTasks, maxTasks, scaleOutCooldownSeconds, scaleInCooldownSeconds } =
    policy;
  return `${targetBacklogPerTask} jobs per task, ${minTasks} to ${maxTasks} tasks, cooldowns ${scaleOutCooldownSeconds} s out and ${scaleInCooldownSeconds} s in`;
}

const trials = candidates().map(tryPolicy);
const best: Trial = recommended(trials);
say(
  `${trials.length} policies tried, ${trials.filter(({ keepsPromises }) => keepsPromises).length} keep the promises: everyday wait p99 within ${PROMISES.waitP99Seconds} s, a burst within ${PROMISES.burstMinutes} min`,
);
say(`\nRecommended, the cheapest of them: ${describe(best.policy)}`);
table(best.figures);

say('\nThe same policy steered by waiting jobs per running task, the metric of the AWS documentation:');
const { jobsPerTask } = best.policy;
table(
  loadShapes().map((shape) => figures(simulate(shape, best.policy, waitingJobsPerRunningTask), jobsPerTask)),
);

const hasty = { ...best.policy, scaleOutCooldownSeconds: 60 };
say(`\nThe same policy with a cooldown of 60 s, shorter than the metric is late:`);
table(tryPolicy(hasty).figures);

writeFileSync(PICTURE, drawSimulations(loadShapes().map((shape) => simulate(shape, best.policy))));
say(`\nPicture: ${PICTURE.pathname}`);
if (!isDeepStrictEqual(best.policy, SCALING_POLICY)) {
  say(`\nThe stack deploys another policy: ${describe(SCALING_POLICY)}. Change infra/scaling-policy.ts.`);
  process.exitCode = 1;
}
