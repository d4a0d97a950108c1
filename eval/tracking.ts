/** `npm run eval -- tracking DIR`: how well identities are kept, at falling frame rates. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArguments, usage } from '../src/command-line.ts';
import { readAnalysisConfig, readEnvironment } from '../src/config.ts';
import { engineOptions } from '../src/engine-options.ts';
import { DetectionPool } from '../src/pipeline/detection-pool.ts';
import { DEFAULT_MAX_AGE, DEFAULT_SEQUENCE_OPTIONS } from '../src/tracking/track-sequence.ts';
import { listOf, positiveNumber, zeroOrMore } from '../tools/number-options.ts';
import { addCounts, type MotCounts, scores } from './clear-mot.ts';
import { drawFaces } from './tracking-drawing.ts';
import {
  analyseFaces,
  countResult,
  type FaceVideo,
  readFaceVideos,
  TRUTH_PER_SECOND,
} from './tracking-faces.ts';
import { GivenBoxes } from './tracking-given-boxes.ts';
import { countSequence, readSequences, type Sequence, withoutFeatures } from './tracking-sequences.ts';

const HELP = `Measures how well identities are kept: CLEAR MOT and IDF1.

Usage: npm run -s eval -- tracking DIR [options]

  DIR            sequences: every folder below with gt.txt (MOT format) and detections.jsonl;
                 face videos: faces/NAME.csv (time_s,x,y,w,h,person,score at 2 a second), scored twice:
                 with the faces the detector finds, and with the boxes of the table as if it had found those
  --media DIR    where the videos NAME.* of the face tables are [DIR/../media]
  --model NAME|FILE         the face detector for them [YOLO_MODEL_PATH]
  --draw DIR     their pictures with truth (green), tracked faces (yellow) and false ones (red)
  --rates LIST   frames per second [30,5,2,1,0.5]; faces are scored at most twice a second
  --max-cosine-distance D   the threshold of the sequences' features [${DEFAULT_SEQUENCE_OPTIONS.maxCosineDistance}]
  --rate-mode auto|deepsort [auto]
  --out FILE.json           the figures as JSON

Other models and the thresholds for the face videos come from the environment, as for the worker.`;

/** One line of the table. */
interface Row {
  readonly name: string;
  readonly framesPerSecond: number;
  readonly counts: MotCounts;
}

/** @param args the command line after `tracking` */
export async function evaluate(args: string[]): Promise<void> {
  const { values, positionals } = parseArguments({
    args,
    allowPositionals: true,
    options: {
      media: { type: 'string' },
      model: { type: 'string' },
      draw: { type: 'string' },
      rates: { type: 'string', default: '30,5,2,1,0.5' },
      'max-cosine-distance': {
        type: 'string',
        default: String(DEFAULT_SEQUENCE_OPTIONS.maxCosineDistance),
      },
      'rate-mode': { type: 'string', default: 'auto' },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [directory, ...rest] = positionals;
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  if (directory === undefined || rest.length > 0) throw usage('name one folder');
  if (!existsSync(directory)) throw usage(`there is no folder ${directory}`);
  const rates = listOf(positiveNumber, '--rates', values.rates);
  const rateMode = values['rate-mode'];
  if (rateMode !== 'auto' && rateMode !== 'deepsort') throw usage('--rate-mode is auto or deepsort');
  const maxCosineDistance = zeroOrMore('--max-cosine-distance', values['max-cosine-distance']);
  const maxAge = DEFAULT_MAX_AGE[rateMode];
  const options = { ...DEFAULT_SEQUENCE_OPTIONS, rateMode, maxCosineDistance, maxAge } as const;

  const sequences = readSequences(directory);
  const videos = faceVideos(directory, values.media);
  if (sequences.length + videos.length === 0) {
    throw usage(`${directory} holds no sequence, and no table of faces whose video is there`);
  }
  const rows = [
    ...sequenceRows(sequences, rates, options, 'features'),
    ...sequenceRows(sequences.map(withoutFeatures), rates, options, 'no features'),
    ...(await faceRows(videos, rates, { model: values.model, drawFolder: values.draw })),
  ];
  process.stdout.write(table(rows));
  if (values.out !== undefined) {
    const figures = rows.map(({ counts, ...row }) => ({ ...row, ...counts, ...scores(counts) }));
    await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);
  }
}

function sequenceRows(
  sequences: readonly Sequence[],
  rates: readonly number[],
  options: Parameters<typeof countSequence>[2],
  label: string,
): Row[] {
  if (sequences.length === 0) return [];
  return rates.flatMap((framesPerSecond) => {
    const rows = sequences.map((sequence) => ({
      name: `${sequence.name}, ${label}`,
      framesPerSecond,
      counts: countSequence(sequence, framesPerSecond, options),
    }));
    const all = addCounts(rows.map(({ counts }) => counts));
    return [...rows, { name: `all, ${label}`, framesPerSecond, counts: all }];
  });
}

function faceVideos(directory: string, media = join(directory, '..', 'media')): FaceVideo[] {
  const tables = join(directory, 'faces');
  return existsSync(tables) && existsSync(media) ? readFaceVideos(tables, media) : [];
}

/** What the command line says about the face videos. */
interface FaceChoices {
  readonly model: string | undefined;
  readonly drawFolder: string | undefined;
}

async function faceRows(
  videos: readonly FaceVideo[],
  rates: readonly number[],
  { model, drawFolder }: FaceChoices,
): Promise<Row[]> {
  if (videos.length === 0) return [];
  const environment = readEnvironment(process.env, process.cwd());
  const env = model === undefined ? environment : { ...environment, YOLO_MODEL_PATH: model };
  const engines = engineOptions(readAnalysisConfig(env), env);
  const givenBoxes = await GivenBoxes.load(engines);
  const pool = new DetectionPool({ threads: 1, engines });
  try {
    const rows: Row[] = [];
    for (const video of videos) {
      for (const framesPerSecond of rates) {
        const result = await analyseFaces(video, framesPerSecond, pool);
        if (drawFolder !== undefined) await drawFaces(video, framesPerSecond, result, drawFolder);
        rows.push({
          name: `${video.name}, faces`,
          framesPerSecond,
          counts: countResult(result, video.truth),
        });
      }
      for (const framesPerSecond of rates.filter((rate) => Number.isInteger(TRUTH_PER_SECOND / rate))) {
        const counts = await givenBoxes.count(video, framesPerSecond);
        rows.push({ name: `${video.name}, given boxes`, framesPerSecond, counts });
      }
    }
    return rows;
  } finally {
    await pool.close();
  }
}

function table(rows: readonly Row[]): string {
  const width = Math.max(8, ...rows.map(({ name }) => name.length));
  const percent = (ratio: number) => (100 * ratio).toFixed(1).padStart(7);
  const head = `${'sequence'.padEnd(width)}   fps   MOTA   IDF1 recall  prec. switches  ids of true\n`;
  const lines = rows.map(({ name, framesPerSecond, counts }) => {
    const { mota, idf1, recall, precision } = scores(counts);
    const ids = `${String(counts.resultIds).padStart(4)} of ${counts.truthIds}`;
    const figures = [mota, idf1, recall, precision].map(percent).join('');
    return `${name.padEnd(width)}${String(framesPerSecond).padStart(6)}${figures}${String(counts.switches).padStart(9)}  ${ids}\n`;
  });
  return head + lines.join('');
}
