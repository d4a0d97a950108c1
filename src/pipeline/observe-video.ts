/** Every sampled picture through every network, from the start or from where an interrupted analysis left off. */
import { readFrames } from '../media/frame-reader.ts';
import type { SamplingReport } from '../media/sampling-report.ts';
import type { VideoInfo } from '../media/video-info.ts';
import { FrameSimilarityMeter } from '../vision/frame-similarity.ts';
import type { AnalysisRequest } from './analysis.ts';
import { CheckpointClock } from './checkpoint.ts';
import type { Engines } from './engines.ts';
import type { ObservationLog } from './observation-log.ts';
import { observeAgain, observeFrame } from './observe-frame.ts';
import type { Progress } from './progress.ts';
import type { Stopwatch } from './stopwatch.ts';

/**
 * @param log what was seen before, if anything; what is seen now is added to it
 * @param onProgress called after every sample, with a checkpoint whenever one is due; and with a last one when the signal aborts
 * @returns how the video was sampled, and what its container tells of cuts
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
): Promise<{ sampling: SamplingReport | null; sceneHintsMs: readonly number[] }> {
  const { file, frameIntervalSeconds, detectFaces, detectPoses, checkpointEveryMs } = request;
  const intervalMs = frameIntervalSeconds * 1000;
  const toleranceMs = (request.samplingToleranceSeconds ?? 0) * 1000;
  const framesTotal = Math.max(1, Math.ceil(video.durationMs / intervalMs));
  const wanted = { faces: detectFaces, poses: detectPoses };
  const samplesBefore = log.samples.length;
  const checkpoints = new CheckpointClock(checkpointEveryMs ?? Number.POSITIVE_INFINITY);
  const similarity = new FrameSimilarityMeter();

  let sampling: SamplingReport | null = null;
  let sceneHintsMs: readonly number[] = [];
  const onSceneHints = (timesMs: readonly number[]) => {
    sceneHintsMs = timesMs;
  };
  const onReport = (report: SamplingReport) => {
    sampling = report;
  };
  // The last picture seen by an earlier analysis is looked up once more: the next one is compared with it.
  const firstSample = Math.max(0, samplesBefore - 1);
  const frames = readFrames(
    {
      file,
      parts: request.parts ?? null,
      arrivals: request.arrivals ?? null,
      windows: request.windows ?? null,
      video,
      intervalMs,
      toleranceMs,
      firstSample,
      maxSide: engines.frameMaxSide,
      ...engines.media,
      onSceneHints,
      onReport,
    },
    signal,
  );
  const report = (now: { readonly checkpoint?: number }) => {
    const framesDone = log.samples.length;
    onProgress({ framesDone, framesTotal: Math.max(framesTotal, framesDone), ...now });
  };
  try {
    for await (const frame of watch.timeEach('decode', frames)) {
      if (frame.index < samplesBefore) {
        similarity.compareWithPrevious(frame);
        continue;
      }
      if (frame.repeatsPrevious) log.appendRepeat();
      else {
        const previous = frame.equalsPrevious ? log.at(-1) : undefined;
        log.append(
          previous === undefined
            ? await watch.time('inference', observeFrame(frame, video, engines, similarity, wanted))
            : observeAgain(frame, previous, similarity),
        );
      }
      report(checkpoints.isDue() ? { checkpoint: log.bytes } : {});
    }
  } catch (error) {
    // Whoever is interrupted hands on what it has.
    const isOurs = checkpointEveryMs !== undefined && log.samples.length > samplesBefore;
    if (signal.aborted && isOurs) report({ checkpoint: log.bytes });
    throw error;
  }
  return { sampling, sceneHintsMs };
}
