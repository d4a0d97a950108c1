/** One job in a process of its own: analyses one video and prints one line of JSON with what it cost after the start. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readAnalysisConfig } from '../src/config.ts';
import { engineOptions } from '../src/engine-options.ts';
import type { AllowedPlan } from '../src/media/sampling-plan.ts';
import type { AnalysisReport, AnalysisRequest, StageDurations } from '../src/pipeline/analysis.ts';
import { detectVideo } from '../src/pipeline/detect-video.ts';
import { DetectionPool } from '../src/pipeline/detection-pool.ts';
import { loadEngines } from '../src/pipeline/engines.ts';
import { cpuTime } from './cpu-time.ts';
import { residentMebibytes } from './resident-memory.ts';

/** What one job cost. Seconds of CPU, milliseconds of the clock. */
export interface JobCost {
  readonly startMs: number;
  readonly wallMs: number;
  readonly ownCpuSeconds: number;
  /** Of these, what faces, embeddings and poses took: the networks, and the arithmetic around them. Null where two threads look. */
  readonly inferenceCpuSeconds: number | null;
  readonly decoderCpuSeconds: number;
  readonly durations: StageDurations;
  readonly peakRssMebibytes: number;
  readonly frames: number;
  readonly faces: number;
  readonly poses: number;
  readonly plan: string;
  readonly videoSeconds: number;
}

/** What analyses the video. */
interface Detection {
  analyse(request: AnalysisRequest): Promise<AnalysisReport>;
  close(): Promise<void>;
}

const NEVER = new AbortController().signal;

/** Six seconds, looked at often enough to last until another thread has started. */
const SHORT_VIDEO = join(import.meta.dirname, '../src/media/self-test.mp4');
const SHORT_VIDEO_INTERVAL_SECONDS = 0.1;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    interval: { type: 'string', default: '2' },
    plan: { type: 'string', default: 'auto' },
    tolerance: { type: 'string', default: '0' },
    'detection-threads': { type: 'string', default: '1' },
    ffmpeg: { type: 'string' },
  },
});
const detectionThreads = Number(values['detection-threads']);
const configured = engineOptions(readAnalysisConfig(process.env), process.env);
const { ffmpeg = configured.media.ffmpeg } = values;
const options = { ...configured, media: { ...configured.media, ffmpeg, plan: values.plan as AllowedPlan } };
let inferenceCpuSeconds = 0;
const started = performance.now();
const detection = detectionThreads === 1 ? await inThisThread() : await inThreads(detectionThreads);
const ready = performance.now();
const before = cpuTime();
const { summary, videoMs, durations, sampling } = await analyse(
  detection,
  positionals[0] ?? '',
  Number(values.interval),
);
const after = cpuTime();
const wallMs = performance.now() - ready;
const cost: JobCost = {
  startMs: Math.round(ready - started),
  wallMs: Math.round(wallMs),
  ownCpuSeconds: after.own - before.own,
  inferenceCpuSeconds: detectionThreads === 1 ? inferenceCpuSeconds : null,
  decoderCpuSeconds: after.children - before.children,
  durations,
  peakRssMebibytes: residentMebibytes('VmHWM'),
  frames: summary.total_frames,
  faces: summary.faces_detected,
  poses: summary.poses_detected,
  plan: sampling?.plan ?? 'unknown',
  videoSeconds: videoMs / 1000,
};
process.stdout.write(`${JSON.stringify(cost)}\n`);
await detection.close();

/** Where the networks' CPU time can be told from the rest. */
async function inThisThread(): Promise<Detection> {
  const engines = await loadEngines(options);
  const { faceDetector, faceEmbedder, poseLandmarker } = engines;
  faceDetector.detect = metered(faceDetector.detect.bind(faceDetector));
  faceEmbedder.embed = metered(faceEmbedder.embed.bind(faceEmbedder));
  poseLandmarker.detect = metered(poseLandmarker.detect.bind(poseLandmarker));
  return {
    analyse: (each) => detectVideo(each, engines, () => {}, NEVER),
    close: async () => {},
  };
}

/** As a worker does that has one job and more threads, which earlier jobs side by side have started. */
async function inThreads(threads: number): Promise<Detection> {
  const pool = new DetectionPool({ threads, engines: options });
  await pool.ready();
  const inPool: Detection = {
    analyse: (each) => pool.analyse(each, () => {}, NEVER),
    close: () => pool.close(),
  };
  const earlier = Array.from({ length: threads }, () =>
    analyse(inPool, SHORT_VIDEO, SHORT_VIDEO_INTERVAL_SECONDS),
  );
  await Promise.all(earlier);
  return inPool;
}

async function analyse(by: Detection, file: string, frameIntervalSeconds: number): Promise<AnalysisReport> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-job-'));
  try {
    return await by.analyse({
      jobId: 'bench',
      file,
      folder,
      frameIntervalSeconds,
      samplingToleranceSeconds: Number(values.tolerance),
      detectFaces: true,
      detectPoses: true,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The same call, whose CPU time is added up: networks run on the thread that calls them, one call at a time. */
function metered<A extends unknown[], R>(call: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return async (...args) => {
    const start = process.threadCpuUsage();
    const answer = await call(...args);
    const { user, system } = process.threadCpuUsage(start);
    inferenceCpuSeconds += (user + system) / 1e6;
    return answer;
  };
}
