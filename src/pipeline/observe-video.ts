/** Every sampled picture through every network, from the start or from where an interrupted analysis left off. */
import { type FrameRequest, readFrames } from '../media/frame-reader.ts';
import type { SamplingReport } from '../media/sampling-report.ts';
import type { VideoInfo } from '../media/video-info.ts';
import type { AnalysisRequest } from './analysis.ts';
import { CheckpointClock } from './checkpoint.ts';
import type { Engines } from './engines.ts';
import type { ObservationLog } from './observation-log.ts';
import { observeInOrder } from './observe-in-order.ts';
import type { Progress } from './progress.ts';
import type { Stopwatch } from './stopwatch.ts';

/** What is known of a video besides its pictures once they were read. */
interface Reading {
  /** How it was sampled; null before the last frame. */
  sampling: SamplingReport | null;
  /** What its container tells of cuts. */
  sceneHintsMs: readonly number[];
}

/**
 * @param log what was seen before, if anything; what is seen now is added to it
 * @param onProgress called after every sample, with a checkpoint whenever one is due; and with a last one when the signal aborts
 * @throws WorkerError as `readFrames` does; the signal's reason when aborted
 */
export async function observeVideo(
  request: AnalysisRequest,
  video: VideoInfo,
  engines: Engines,
  watch: Stopwatch,
  log: ObservationLog,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Readonly<Reading>> {
  const { frameIntervalSeconds, checkpointEveryMs } = request;
  const framesTotal = Math.max(1, Math.ceil(video.durationMs / (frameIntervalSeconds * 1000)));
  const samplesBefore = log.samples.length;
  const checkpoints = new CheckpointClock(checkpointEveryMs ?? Number.POSITIVE_INFINITY);
  const report = (now: { readonly checkpoint?: number }) => {
    const framesDone = log.samples.length;
    onProgress({ framesDone, framesTotal: Math.max(framesTotal, framesDone), ...now });
  };

  const reading: Reading = { sampling: null, sceneHintsMs: [] };
  // The last picture seen by an earlier analysis is looked up once more: the next one is compared with it.
  const firstSample = Math.max(0, samplesBefore - 1);
  const frames = readFrames(frameRequest(request, video, engines, firstSample, reading), signal);
  const before = { samples: samplesBefore, last: log.at(-1) };
  const options = { source: video, detectPoses: request.detectPoses };
  const looking = { engines, options, watch, signal };
  try {
    for await (const seen of observeInOrder(watch.timeEach('decode', frames), before, looking)) {
      if (seen === null) log.appendRepeat();
      else log.append(seen);
      report(checkpoints.isDue() ? { checkpoint: log.bytes } : {});
    }
  } catch (error) {
    // Whoever is interrupted hands on what it has.
    const isOurs = checkpointEveryMs !== undefined && log.samples.length > samplesBefore;
    if (signal.aborted && isOurs) report({ checkpoint: log.bytes });
    throw error;
  }
  return reading;
}

/** @param reading is told what comes to light while the frames are read */
function frameRequest(
  request: AnalysisRequest,
  video: VideoInfo,
  { frameMaxSide, media }: Engines,
  firstSample: number,
  reading: Reading,
): FrameRequest {
  return {
    file: request.file,
    parts: request.parts ?? null,
    arrivals: request.arrivals ?? null,
    windows: request.windows ?? null,
    video,
    intervalMs: request.frameIntervalSeconds * 1000,
    toleranceMs: (request.samplingToleranceSeconds ?? 0) * 1000,
    firstSample,
    maxSide: frameMaxSide,
    decoderThreads: request.decoderThreads ?? 1,
    ...media,
    onSceneHints: (timesMs) => {
      reading.sceneHintsMs = timesMs;
    },
    onReport: (report) => {
      reading.sampling = report;
    },
  };
}
