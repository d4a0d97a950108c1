/** One job in a process of its own: analyses one video and prints one line of JSON with what it cost after the start. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readAnalysisConfig } from '../src/config.ts';
import { engineOptions } from '../src/engine-options.ts';
import type { AllowedPlan } from '../src/media/sampling-plan.ts';
import type { StageDurations } from '../src/pipeline/analysis.ts';
import { detectVideo } from '../src/pipeline/detect-video.ts';
import { loadEngines, type MediaOptions } from '../src/pipeline/engines.ts';
import { cpuTime } from './cpu-time.ts';
import { residentMebibytes } from './resident-memory.ts';

/** What one job cost. Seconds of CPU, milliseconds of the clock. */
export interface JobCost {
  readonly startMs: number;
  readonly wallMs: number;
  readonly ownCpuSeconds: number;
  /** Of these, what faces, embeddings and poses took: the networks, and the arithmetic around them. */
  readonly inferenceCpuSeconds: number;
  readonly decoderCpuSeconds: number;
  readonly durations: StageDurations;
  readonly peakRssMebibytes: number;
  readonly frames: number;
  readonly faces: number;
  readonly poses: number;
  readonly plan: string;
  readonly videoSeconds: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    interval: { type: 'string', default: '2' },
    plan: { type: 'string', default: 'auto' },
    tolerance: { type: 'string', default: '0' },
    'decoder-threads': { type: 'string', default: '1' },
  },
});
const options = engineOptions(readAnalysisConfig(process.env), process.env);
const started = performance.now();
const loaded = await loadEngines(options);
let inferenceCpuSeconds = 0;
const { faceDetector, faceEmbedder, poseLandmarker } = loaded;
faceDetector.detect = metered(faceDetector.detect.bind(faceDetector));
faceEmbedder.embed = metered(faceEmbedder.embed.bind(faceEmbedder));
poseLandmarker.detect = metered(poseLandmarker.detect.bind(poseLandmarker));
const media: MediaOptions = { ...loaded.media, plan: values.plan as AllowedPlan };
const engines = { ...loaded, media };
const ready = performance.now();
const before = cpuTime();
const request = {
  jobId: 'bench',
  file: positionals[0] ?? '',
  folder: await mkdtemp(join(tmpdir(), 'bench-job-')),
  frameIntervalSeconds: Number(values.interval),
  samplingToleranceSeconds: Number(values.tolerance),
  decoderThreads: Number(values['decoder-threads']),
  detectFaces: true,
  detectPoses: true,
};
const { summary, videoMs, durations, sampling } = await detectVideo(
  request,
  engines,
  () => {},
  new AbortController().signal,
);
const after = cpuTime();
await rm(request.folder, { recursive: true });
const cost: JobCost = {
  startMs: Math.round(ready - started),
  wallMs: Math.round(performance.now() - ready),
  ownCpuSeconds: after.own - before.own,
  inferenceCpuSeconds,
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
