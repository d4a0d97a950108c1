/** `npm run bench -- length`: what a long video takes after its pictures were looked at: its observations kept, its people followed, its result written. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { parseArguments } from '../src/command-line.ts';
import { YOUNG_GENERATION_MEBIBYTES } from '../src/pipeline/detection-pool.ts';
import { positiveInteger, positiveNumber } from '../tools/number-options.ts';
import type { SyntheticFilm } from './synthetic-film.ts';

const INTERVAL_SECONDS = 2;

/**
 * One length in a process, because a process gives little memory back, and in a thread with as much room for garbage as a detection thread has.
 * @param args the command line after `length`: --hours N [6] --people N in each frame [3] --shot SECONDS [8]
 */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: {
      hours: { type: 'string', default: '6' },
      people: { type: 'string', default: '3' },
      shot: { type: 'string', default: '8' },
    },
  });
  const people = positiveInteger('--people', values.people);
  const film: SyntheticFilm = {
    frames: Math.ceil((positiveNumber('--hours', values.hours) * 3600) / INTERVAL_SECONDS),
    intervalMs: INTERVAL_SECONDS * 1000,
    people,
    cast: Math.max(20, 4 * people),
    framesPerShot: Math.max(1, Math.round(positiveNumber('--shot', values.shot) / INTERVAL_SECONDS)),
  };
  const thread = new Worker(new URL('./length-thread.ts', import.meta.url), {
    workerData: film,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MEBIBYTES },
  });
  await once(thread, 'exit');
}
