/** The command line: the worker's own pipeline on a local file, without AWS. The result goes to stdout or a file, everything else to stderr. */
import { constants, createWriteStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { type AnalysisConfig, readAnalysisConfig, readEnvironment } from './config.ts';
import { defaultTolerance, FRAME_INTERVAL_SECONDS } from './contract/job.ts';
import { engineOptions } from './engine-options.ts';
import { toWorkerError, WorkerError } from './errors.ts';
import type { Analysis, AnalysisRequest } from './pipeline/analysis.ts';
import { DetectionPool } from './pipeline/detection-pool.ts';
import type { Progress } from './pipeline/progress.ts';
import { withTempFolder } from './worker/temp-folder.ts';

const HELP = `Finds who is where, when, in a local video and prints the result as JSON.

Usage: npm run -s detect -- VIDEO [options]

  --interval SECONDS   seconds between two sampled frames, ${FRAME_INTERVAL_SECONDS.min} to ${FRAME_INTERVAL_SECONDS.max} [FRAME_INTERVAL_SECONDS or 2]
  --tolerance SECONDS  a cheaper picture this near to a sample may stand for it, a keyframe if there is one; at most
                       half the interval, 0 is exact [SAMPLING_TOLERANCE_SECONDS or 0]
  --no-faces           do not detect faces
  --no-poses           do not estimate poses
  --out FILE           write the result to FILE instead of stdout
  --help               this text

Models and thresholds come from the environment, as for the worker: see npm start -- --help.
Exit code 0, or 2 with one line on stderr when the input is not usable.`;

interface Arguments {
  readonly request: Omit<AnalysisRequest, 'folder'>;
  readonly out: string | undefined;
}

async function main(): Promise<void> {
  const env = readEnvironment(process.env, process.cwd());
  const config = readAnalysisConfig(env);
  const args = parseArguments(process.argv.slice(2), config);
  if (args === 'help') {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  await requireReadable(args.request.file);
  const abort = new AbortController();
  const onInterrupt = () => abort.abort(new WorkerError('SHUTTING_DOWN', 'interrupted'));
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt);

  const pool = new DetectionPool({ threads: 1, engines: engineOptions(config, env) });
  try {
    for (const { name, warning } of await pool.ready()) {
      if (warning !== undefined) process.stderr.write(`warning: ${name} ${warning}\n`);
    }
    await withTempFolder(tmpdir(), async (folder) => {
      const analysis = await pool.analyse({ ...args.request, folder }, showProgress, abort.signal);
      clearProgress();
      await writeResult(analysis.json, args.out);
      process.stderr.write(`${summaryLine(args.request, analysis)}\n`);
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
}

function parseArguments(argv: string[], defaults: AnalysisConfig): Arguments | 'help' {
  const { values, positionals } = parse(argv);
  if (values.help) return 'help';
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw usage('name one video file');
  const interval = values.interval === undefined ? defaults.frameIntervalSeconds : Number(values.interval);
  if (!(interval >= FRAME_INTERVAL_SECONDS.min && interval <= FRAME_INTERVAL_SECONDS.max)) {
    throw usage(`--interval must be ${FRAME_INTERVAL_SECONDS.min} to ${FRAME_INTERVAL_SECONDS.max} seconds`);
  }
  const tolerance =
    values.tolerance === undefined
      ? defaultTolerance(interval, defaults.samplingToleranceSeconds)
      : Number(values.tolerance);
  if (!(tolerance >= 0 && tolerance <= interval / 2)) {
    throw usage(`--tolerance must be 0 to ${interval / 2} seconds, half the interval`);
  }
  const detectFaces = !values['no-faces'];
  const detectPoses = !values['no-poses'];
  if (!detectFaces && !detectPoses) throw usage('with --no-faces and --no-poses nothing is left to detect');
  return {
    request: {
      jobId: 'local',
      file,
      frameIntervalSeconds: interval,
      samplingToleranceSeconds: tolerance,
      detectFaces,
      detectPoses,
    },
    out: values.out,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        interval: { type: 'string' },
        tolerance: { type: 'string' },
        'no-faces': { type: 'boolean', default: false },
        'no-poses': { type: 'boolean', default: false },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (cause) {
    throw usage((cause as Error).message, cause);
  }
}

function usage(problem: string, cause?: unknown): WorkerError {
  return new WorkerError('JOB_INVALID', `${problem}; see --help`, { cause });
}

async function writeResult(json: Blob, out: string | undefined): Promise<void> {
  const target = out === undefined ? process.stdout : createWriteStream(out);
  // stdout is never ended: the process still has a line to say.
  await pipeline(Readable.from(withNewline(json)), target, { end: out !== undefined });
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

main().catch((error: unknown) => {
  const { code, message } = toWorkerError(error);
  process.stderr.write(`${code}: ${message}\n`);
  process.exitCode = 2;
});
