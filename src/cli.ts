/** The command line: the worker's own pipeline on a local file, without AWS. The result goes to stdout or a file, everything else to stderr. */
import { constants, createWriteStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArguments, refuseToOverwrite, runProgram, usage } from './command-line.ts';
import { type AnalysisConfig, readAnalysisConfig, readEnvironment } from './config.ts';
import { defaultTolerance, FRAME_INTERVAL_SECONDS } from './contract/job.ts';
import { decimal } from './decimal.ts';
import { engineOptions } from './engine-options.ts';
import { WorkerError } from './errors.ts';
import { testDecoder } from './media/decoder-self-test.ts';
import type { Analysis, AnalysisRequest } from './pipeline/analysis.ts';
import { DetectionPool } from './pipeline/detection-pool.ts';
import type { Progress } from './pipeline/progress.ts';
import { statOrNull } from './stat-or-null.ts';
import { withTempFolder } from './worker/temp-folder.ts';

const HELP = `Finds who is where, when, in a local video and prints the result as JSON.

Usage: npm run -s detect -- VIDEO [options]

  --interval SECONDS   seconds between two sampled frames, ${FRAME_INTERVAL_SECONDS.min} to ${FRAME_INTERVAL_SECONDS.max} [FRAME_INTERVAL_SECONDS or 2]
  --tolerance SECONDS  a cheaper picture this near to a sample may stand for it, a keyframe if there is one; at most
                       half the interval, 0 is exact [SAMPLING_TOLERANCE_SECONDS or 0]
  --no-faces           leave faces out of the result; bodies are known by them all the same
  --no-poses           do not estimate poses
  --out FILE           write the result to FILE instead of stdout
  --help               this text

Models and thresholds come from the environment, as for the worker: see npm start -- --help.
Exit code 0, or 2 with one line on stderr when the input is not usable.`;

const OPTIONS = {
  allowPositionals: true,
  options: {
    interval: { type: 'string' },
    tolerance: { type: 'string' },
    'no-faces': { type: 'boolean', default: false },
    'no-poses': { type: 'boolean', default: false },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
} as const;

type Values = ReturnType<typeof parseArguments<typeof OPTIONS>>['values'];

async function main(): Promise<void> {
  // Before the configuration: the help is there however that looks.
  const { values, positionals } = parseArguments(OPTIONS);
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw usage('name one video file');
  const env = readEnvironment(process.env, process.cwd());
  const config = readAnalysisConfig(env);
  const request = requestFor(file, values, config);
  await requireReadable(file);
  if (values.out !== undefined) {
    await refuseToOverwrite(file, values.out);
    await requireWritable(values.out);
  }
  const abort = new AbortController();
  const onInterrupt = () => abort.abort(new WorkerError('SHUTTING_DOWN', 'interrupted'));
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt);

  // Decoders have their folders there as well, those of the threads that are started from here on included.
  process.env.TMPDIR = config.tempDir;
  const engines = engineOptions(config, env);
  const pool = new DetectionPool({ threads: 1, engines });
  try {
    const selfTest = testDecoder(engines.media.ffmpeg, abort.signal);
    const [models] = await Promise.all([pool.ready(), selfTest]);
    for (const { name, warning } of models) {
      if (warning !== undefined) process.stderr.write(`warning: ${name} ${warning}\n`);
    }
    await withTempFolder(config.tempDir, async (folder) => {
      const analysis = await pool.analyse({ ...request, folder }, showProgress, abort.signal);
      clearProgress();
      await writeResult(analysis.json, values.out);
      process.stderr.write(`${summaryLine(request, analysis)}\n`);
    });
  } finally {
    clearProgress();
    await pool.close();
  }
}

async function requireReadable(file: string): Promise<void> {
  await access(file, constants.R_OK).catch((cause: Error) => {
    throw new WorkerError('VIDEO_NOT_FOUND', `${file} cannot be read: ${cause.message}`, { cause });
  });
  const found = await statOrNull(file);
  if (found?.isDirectory()) {
    throw new WorkerError('VIDEO_NOT_FOUND', `${file} is a folder: name a video file`);
  }
}

/** Asked before an analysis that may take hours. The file is opened when there is a result: an older one stays until then. */
async function requireWritable(file: string): Promise<void> {
  try {
    if (file === '') throw new Error('the name is empty');
    const found = await statOrNull(file);
    if (found?.isDirectory()) throw new Error('it is a folder');
    await access(found === null ? dirname(file) : file, constants.W_OK);
  } catch (cause) {
    throw unwritable(file, cause as Error);
  }
}

function unwritable(file: string, cause: Error): WorkerError {
  return new WorkerError('JOB_INVALID', `cannot write ${file}: ${cause.message}`, { cause });
}

function requestFor(file: string, values: Values, defaults: AnalysisConfig): Omit<AnalysisRequest, 'folder'> {
  const interval = values.interval === undefined ? defaults.frameIntervalSeconds : decimal(values.interval);
  if (!(interval >= FRAME_INTERVAL_SECONDS.min && interval <= FRAME_INTERVAL_SECONDS.max)) {
    throw usage(`--interval must be ${FRAME_INTERVAL_SECONDS.min} to ${FRAME_INTERVAL_SECONDS.max} seconds`);
  }
  const tolerance =
    values.tolerance === undefined
      ? defaultTolerance(interval, defaults.samplingToleranceSeconds)
      : decimal(values.tolerance);
  if (!(tolerance >= 0 && tolerance <= interval / 2)) {
    throw usage(`--tolerance must be 0 to ${interval / 2} seconds, half the interval`);
  }
  const detectFaces = !values['no-faces'];
  const detectPoses = !values['no-poses'];
  if (!detectFaces && !detectPoses) throw usage('with --no-faces and --no-poses nothing is left to detect');
  return {
    jobId: 'local',
    file,
    frameIntervalSeconds: interval,
    samplingToleranceSeconds: tolerance,
    detectFaces,
    detectPoses,
  };
}

async function writeResult(json: Blob, out: string | undefined): Promise<void> {
  const result = Readable.from(withNewline(json));
  // stdout is never ended: the process still has a line to say.
  if (out === undefined) await pipeline(result, process.stdout, { end: false });
  else
    await pipeline(result, createWriteStream(out)).catch((cause: Error) => {
      throw unwritable(out, cause);
    });
}

async function* withNewline(json: Blob): AsyncGenerator<Uint8Array | string> {
  yield* json.stream();
  yield '\n';
}

const BAR_WIDTH = 30;

function showProgress({ framesDone, framesTotal }: Progress): void {
  if (!process.stderr.isTTY) return;
  const filled = Math.round((framesDone / framesTotal) * BAR_WIDTH);
  const bar = '█'.repeat(filled).padEnd(BAR_WIDTH, '░');
  process.stderr.write(`\r${bar} ${framesDone}/${framesTotal} frames`);
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
}

function summaryLine({ file }: Pick<AnalysisRequest, 'file'>, { summary, durations }: Analysis): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  return [
    `${file}: ${summary.total_frames} frames`,
    `${summary.faces_detected} faces of ${summary.unique_face_tracks} people`,
    `${summary.poses_detected} poses of ${summary.unique_pose_tracks}`,
    `in ${seconds(summary.processing_time_ms)} s (decode ${seconds(durations.decodeMs)}, inference ${seconds(durations.inferenceMs)})`,
  ].join(', ');
}

await runProgram(main);
