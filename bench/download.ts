/**
 * `npm run bench -- download`: how many bytes of a video a job fetches, by seconds between its samples, from the emulator; and how soon its
 * analysis can begin.
 */
import { basename } from 'node:path';
import { parseArguments, usage } from '../src/command-line.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import { listOf, positiveNumber, zeroOrMore } from '../tools/number-options.ts';
import { BENCH_CACHE, benchVideos } from './bench-videos.ts';
import { EmulatedBucket } from './emulated-bucket.ts';

/**
 * @param args the command line after `download`: --videos DIR (instead of drawn ones), --cache DIR (where drawn ones are kept),
 * --intervals SECONDS,... [10,2], --tolerance SECONDS [0], --mode auto|ranged [auto]
 */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: {
      videos: { type: 'string' },
      cache: { type: 'string', default: BENCH_CACHE },
      intervals: { type: 'string', default: '10,2' },
      tolerance: { type: 'string', default: '0' },
      mode: { type: 'string', default: 'auto' },
    },
  });
  if (values.mode !== 'auto' && values.mode !== 'ranged')
    throw usage(`--mode is auto or ranged, not ${values.mode}`);
  const toleranceMs = zeroOrMore('--tolerance', values.tolerance) * 1000;
  const intervals = listOf(positiveNumber, '--intervals', values.intervals);
  const videos = await benchVideos(values.videos, values.cache, findFfmpeg(process.env));
  const bucket = await EmulatedBucket.start();
  process.stdout.write(
    '| video | a sample every | MB | fetched MB | share | stretches | begin ms | ms |\n|---|---|---|---|---|---|---|---|\n',
  );
  try {
    for (const video of videos) {
      await bucket.put(video);
      for (const seconds of intervals) {
        const sampling = { intervalMs: seconds * 1000, toleranceMs };
        const { copy, beginMs, wallMs } = await bucket.fetch(video, sampling, values.mode === 'ranged');
        const cells = [
          basename(video),
          `${seconds} s`,
          megabytes(copy.bytes),
          megabytes(copy.bytesFetched),
          `${((100 * copy.bytesFetched) / copy.bytes).toFixed(1)} %`,
          copy.parts?.length ?? 'whole',
          Math.round(beginMs),
          Math.round(wallMs),
        ];
        process.stdout.write(`| ${cells.join(' | ')} |\n`);
      }
    }
  } finally {
    await bucket.stop();
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
