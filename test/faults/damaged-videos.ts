/** A thousand seeded ways to damage a small video, and what became of each. */
import { readFileSync, writeFileSync } from 'node:fs';
import { flips, type HostileFile, noise, prefixes } from '../../bench/hostile-files.ts';
import { makeCountedClip } from '../media/counted-clip.ts';
import type { HostileLab } from './hostile-lab.ts';

export const SEED = 20_241_122;

export interface DamageReport {
  readonly files: number;
  /** How many files ended in each error, and in a valid result. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** Resident memory after the first tenth of the files, when every thread and cache is warm, and at the end. */
  readonly warmRssBytes: number;
  readonly lastRssBytes: number;
}

/** Files under way at the same time: one for each of the lab's threads. */
const LANES = 2;

const X264 = '-c:v libx264 -preset ultrafast -g 10 -bf 2'.split(' ');
/** What is damaged: the containers that videos come in. */
const ORIGINALS: readonly [name: string, encoding: readonly string[]][] = [
  ['plain.mp4', X264],
  ['streamable.mp4', [...X264, '-movflags', '+faststart']],
  ['fragmented.mp4', [...X264, '-movflags', 'frag_keyframe+empty_moov']],
  ['clip.mkv', X264],
  ['clip.ts', X264],
];

/** Rejects, naming the file, when one ends in anything else than a clear error or a valid result within the lab's deadline. */
export async function analyseDamaged(lab: HostileLab, count: number): Promise<DamageReport> {
  const files = damagedFiles(lab, count / ORIGINALS.length);
  const outcomes: Record<string, number> = {};
  let done = 0;
  let slowestMs = 0;
  let warmRssBytes = 0;
  const lane = async (number: number) => {
    for (const { name, bytes } of files) {
      const file = lab.path(`damaged-${number}`);
      writeFileSync(file, bytes);
      const startMs = performance.now();
      const outcome = await lab.outcomeOf(file).catch((error: unknown) => {
        throw new Error(`${name} (seed ${SEED})`, { cause: error });
      });
      slowestMs = Math.max(slowestMs, performance.now() - startMs);
      const kind = outcome.startsWith('VIDEO_') ? outcome : 'valid result';
      outcomes[kind] = (outcomes[kind] ?? 0) + 1;
      done += 1;
      if (done === count / 10) warmRssBytes = process.memoryUsage.rss();
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  return { files: done, outcomes, slowestMs, warmRssBytes, lastRssBytes: process.memoryUsage.rss() };
}

function* damagedFiles(lab: HostileLab, perOriginal: number): Generator<HostileFile, void> {
  const [prefixed, noisy] = [perOriginal / 4, perOriginal / 10];
  for (const [name, encoding] of ORIGINALS) {
    makeCountedClip(lab.path(name), { frameRate: 10, frames: 20 }, encoding);
    const original = { name, bytes: readFileSync(lab.path(name)) };
    yield* prefixes(original, prefixed);
    yield* noise(original, noisy, SEED);
    yield* flips(original, perOriginal - prefixed - noisy, SEED);
  }
}
