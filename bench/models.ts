/** `npm run bench -- models`: latency of every network at every usual input size, with one thread and with two. */
import { writeFile } from 'node:fs/promises';
import { parseArguments } from '../src/command-line.ts';
import { type ModelEntry, readManifest } from '../src/inference/model-manifest.ts';
import { rolesOf } from '../src/inference/model-roles.ts';
import { MODELS_DIRECTORY, readModel } from '../src/inference/model-store.ts';
import { type FloatTensor, OnnxSession } from '../src/inference/onnx-session.ts';
import { Letterbox, rectangularCanvas } from '../src/vision/letterbox.ts';
import { median } from '../tools/median.ts';
import { positiveInteger } from '../tools/number-options.ts';

/** Values of the dynamic dimensions: the shapes of 16:9, 9:16 and square pictures, and small groups of faces. */
const DYNAMIC_SHAPES: Readonly<Record<string, readonly (readonly number[])[]>> = {
  'face-detector': [
    [1, 3, 640, 640],
    [1, 3, 384, 640],
    [1, 3, 640, 384],
  ],
  'face-embedder': [
    [1, 3, 112, 112],
    [8, 3, 112, 112],
  ],
};

const THREADS = [1, 2];
const WARM_UP_ROUNDS = 3;

interface Case {
  readonly name: string;
  readonly shape: readonly number[];
  readonly threads: number;
  readonly run: () => Promise<unknown>;
}

interface Figure {
  readonly model: string;
  readonly shape: readonly number[];
  readonly threads: number;
  readonly medianMs: number;
  readonly leastMs: number;
}

/**
 * Rounds are taken in turns, so that other load hits all networks alike.
 * @param args the command line after `models`: --model NAME|FILE (several times; every network that is here by default), --rounds N [20],
 * --out FILE.json
 */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: {
      model: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '20' },
      out: { type: 'string' },
    },
  });
  const rounds = positiveInteger('--rounds', values.rounds);
  const names = values.model ?? (await modelsHere());
  const figures: Figure[] = [];
  for (const name of names) figures.push(...(await measureModel(name, rounds)));
  process.stdout.write(table(figures));
  process.stdout.write(`letterbox 1280x720 to 640x384: ${letterboxMedianMs(rounds * 5).toFixed(2)} ms\n`);
  if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);
}

/** The networks of the manifest that are on this disk and run on ONNX Runtime. */
async function modelsHere(): Promise<string[]> {
  const { models } = await readManifest(MODELS_DIRECTORY);
  const isHere = await Promise.all(
    models.map(async ({ name, role }: ModelEntry) => {
      if (role === 'pose-bundle') return false;
      return readModel(name).then(
        () => true,
        () => false,
      );
    }),
  );
  return models.filter((_, i) => isHere[i]).map(({ name }) => name);
}

async function measureModel(nameOrPath: string, rounds: number): Promise<Figure[]> {
  const { bytes, entry, path } = await readModel(nameOrPath);
  const sessions = await Promise.all(THREADS.map((threads) => OnnxSession.create(path, bytes, threads)));
  const cases = sessions.flatMap((session, i) =>
    shapesFor(session).map((shape) => toCase(entry?.name ?? path, session, shape, THREADS[i] ?? 1)),
  );
  const durationsMs = new Map<Case, number[]>(cases.map((one) => [one, []]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const [one, durations] of durationsMs) {
      const startMs = performance.now();
      await one.run();
      if (round >= 0) durations.push(performance.now() - startMs);
    }
  }
  await Promise.all(sessions.map((session) => session.close()));
  return [...durationsMs].map(([{ name, shape, threads }, durations]) => ({
    model: name,
    shape,
    threads,
    medianMs: median(durations),
    leastMs: Math.min(...durations),
  }));
}

/** The network's own shape where it is fixed, else the usual ones that fit what is fixed. */
function shapesFor(session: OnnxSession): (readonly number[])[] {
  const own = session.inputs[0]?.shape ?? [];
  const [role = ''] = rolesOf(session);
  const usual = DYNAMIC_SHAPES[role] ?? [];
  const fitting = usual.filter((shape) =>
    own.every((size, i) => typeof size === 'string' || size === shape[i]),
  );
  if (fitting.length > 0) return fitting;
  return [own.map((size) => (typeof size === 'number' ? size : 1))];
}

function toCase(name: string, session: OnnxSession, shape: readonly number[], threads: number): Case {
  const length = shape.reduce((product, size) => product * size, 1);
  const input: FloatTensor = {
    shape,
    data: Float32Array.from({ length }, (_, i) => ((i * 7919) % 256) / 255),
  };
  const inputName = session.inputs[0]?.name ?? '';
  return { name, shape, threads, run: () => session.run({ [inputName]: input }) };
}

function letterboxMedianMs(rounds: number): number {
  const source = { width: 1280, height: 720 };
  const image = { ...source, data: new Uint8Array(1280 * 720 * 3).map((_, i) => i % 251) };
  const letterbox = new Letterbox(source, rectangularCanvas(source, 640));
  const tensor = letterbox.createTensor();
  const durations = Array.from({ length: rounds }, () => {
    const startMs = performance.now();
    letterbox.write(image, { x: 0, y: 0 }, tensor);
    return performance.now() - startMs;
  });
  return median(durations);
}

function table(figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ model }) => model.length));
  const rows = figures.map(({ model, shape, threads, medianMs, leastMs }) =>
    [
      model.padEnd(width),
      shape.join('x').padEnd(13),
      String(threads).padStart(7),
      medianMs.toFixed(1).padStart(10),
      leastMs.toFixed(1).padStart(10),
    ].join('  '),
  );
  const head = ['network'.padEnd(width), 'input'.padEnd(13), 'threads', ' median ms', '  least ms'].join(
    '  ',
  );
  return `${[head, ...rows].join('\n')}\n`;
}
