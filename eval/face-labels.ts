/** Reads the truth of a face evaluation: a folder of pictures with a labels.json. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WorkerError } from '../src/errors.ts';

const boxSchema = z.tuple([z.number(), z.number(), z.number(), z.number()]);

const labelsSchema = z.array(
  z.object({
    file: z.string().min(1),
    width: z.int().positive(),
    height: z.int().positive(),
    faces: z.array(
      z.object({
        box: boxSchema.transform(([x, y, width, height]) => ({ x, y, width, height })),
        /** Marked by WIDER FACE as no fair test: neither finding nor missing it counts. */
        invalid: z.union([z.boolean(), z.number()]).default(false).transform(Boolean),
        /** WIDER FACE's difficulty levels that count this face; absent where the labels know no levels. */
        sets: z.array(z.string()).optional(),
      }),
    ),
  }),
);

/** One picture and its faces; boxes in pixels of the picture. */
export type LabelledPicture = z.infer<typeof labelsSchema>[number];

/** @throws WorkerError CONFIG_INVALID that says what is wrong with labels.json */
export async function readFaceLabels(folder: string): Promise<LabelledPicture[]> {
  const path = join(folder, 'labels.json');
  try {
    return labelsSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new WorkerError('CONFIG_INVALID', `${path} is no list of labelled pictures: ${reason}`, { cause });
  }
}

/** The difficulty levels the labels know, easiest first; empty when they know none. */
export function levelsOf(pictures: readonly LabelledPicture[]): string[] {
  const known = new Set(pictures.flatMap(({ faces }) => faces.flatMap(({ sets }) => sets ?? [])));
  const usual = ['easy', 'medium', 'hard'].filter((level) => known.has(level));
  return [...usual, ...[...known].filter((level) => !usual.includes(level)).toSorted()];
}

/** Whether a face counts at a level; without levels (null) all faces count but the invalid ones. */
export function counts({ invalid, sets }: LabelledPicture['faces'][number], level: string | null): boolean {
  return level === null ? !invalid : (sets ?? []).includes(level);
}
