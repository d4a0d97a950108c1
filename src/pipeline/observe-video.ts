/** Every sampled picture through every network, from the start or from where an interrupted analysis left off. */
import { readFrames } from '../media/frame-reader.ts';
import type { SamplingReport } from '../media/sampling-report.ts';
import type { VideoInfo } from '../media/video-info.ts';
import type { FrameObservations } from '../tracking/observations.ts';
import { FrameSimilarityMeter } from '../vision/frame-similarity.ts';
import type { AnalysisRequest } from './analysis.ts';
import {
  type Checkpoint,
  CheckpointClock,
  checkpointFingerprint,
  decodeCheckpoint,
  encodeCheckpoint,
} from './checkpoint.ts';
import type { Engines } from './engines.ts';
import { observeAgain, observeFrame } from './observe-frame.ts';
import type { Progress } from './progress.ts';
import type { Stopwatch } from './stopwatch.ts';

/** What was seen in a whole video: the checkpoint after its last frame. */
export interface ObservedVideo extends Checkpoint {
  readonly sampling: SamplingReport | null;
}

/**
 * @param onProgress called after every sample, with a checkpoint whenever one is due; and with a last one when the signal aborts
 * @throws WorkerError as `readFrames` does; the signal's reason when aborted
 */
export async function observeVideo(
  request: AnalysisRequest,
  video: VideoInfo,
  engines: Engines,
  watch: Stopwatch,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<ObservedVideo> {
  const { file, frameIntervalSeconds, detectFaces, detectPoses, resumeFrom, checkpointEveryMs } = request;
  const intervalMs = frameIntervalSeconds * 1000;
  const toleranceMs = (request.samplingToleranceSeconds ?? 0) * 1000;
  const fingerprint = checkpointFingerprint(engines.fingerprint, request);
  const framesTotal = Math.max(1, Math.ceil(video.durationMs / intervalMs));
  const wanted = { faces: detectFaces, poses: detectPoses };
  const resumed = resumeFrom ? decodeCheckpoint(resumeFrom, fingerprint) : null;
  const observations: FrameObservations[] = [...(resumed?.observations ?? [])];
  const samples: number[] = [...(resumed?.samples ?? [])];
  const samplesBefore = samples.length;
  const checkpoints = new CheckpointClock(checkpointEveryMs ?? Number.POSITIVE_INFINITY);
  const similarity = new FrameSimilarityMeter();

  let sampling: SamplingReport | null = null;
  const onReport = (report: SamplingReport) => {
    sampling = report;
  };
  // The last picture seen by an earlier analysis is looked up once more: the next one is compared with it.
  const firstSample = Math.max(0, samplesBefore - 1);
  const frames = readFrames(
    {
      file,
      parts: request.parts ?? null,
      windows: request.windows ?? null,
      video,
      intervalMs,
      toleranceMs,
      firstSample,
      maxSide: engines.frameMaxSide,
      ...engines.media,
      onReport,
    },
    signal,
  );
  const checkpoint = () => encodeCheckpoint({ observations, samples }, fingerprint);
  const report = (now: { readonly checkpoint?: Uint8Array }) =>
    onProgress({ framesDone: samples.length, framesTotal: Math.max(framesTotal, samples.length), ...now });
  try {
    for await (const frame of watch.timeEach('decode', frames)) {
      if (frame.index < samplesBefore) {
        similarity.compareWithPrevious(frame);
        continue;
      }
      if (!frame.repeatsPrevious) {
        const previous = frame.equalsPrevious ? observations.at(-1) : undefined;
        observations.push(
          previous === undefined
            ? await watch.time('inference', observeFrame(frame, video, engines, similarity, wanted))
            : observeAgain(frame, previous, similarity),
        );
      }
      samples.push(observations.length - 1);
      report(checkpoints.isDue() ? { checkpoint: checkpoint() } : {});
    }
  } catch (error) {
    // Whoever is interrupted hands on what it has.
    const isOurs = checkpointEveryMs !== undefined && samples.length > samplesBefore;
    if (signal.aborted && isOurs) report({ checkpoint: checkpoint() });
    throw error;
  }
  return { observations, samples, sampling };
}
