/** The way of one video, on one screen: probe, frames, observations, tracks, result. */

import type { CompletedResult } from '../contract/result.ts';
import { readFrames } from '../media/frame-reader.ts';
import { probeVideo } from '../media/probe.ts';
import { DEFAULT_TRACKING_OPTIONS, followPeople } from '../tracking/follow-people.ts';
import type { FrameObservations } from '../tracking/observations.ts';
import { FrameSimilarityMeter } from '../vision/frame-similarity.ts';
import type { AnalysisRequest, StageDurations } from './analysis.ts';
import { CheckpointClock, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import type { Engines } from './engines.ts';
import { observeFrame } from './observe-frame.ts';
import type { Progress } from './progress.ts';
import { buildResult } from './result-builder.ts';
import { Stopwatch } from './stopwatch.ts';

/**
 * Analyses one local video file from the first byte to the finished result.
 * @throws WorkerError VIDEO_* for a video that can never be analysed, DECODER_FAILED for one that may be; the signal's reason when aborted
 */
export async function detectVideo(
  request: AnalysisRequest,
  engines: Engines,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<{ result: CompletedResult; durations: StageDurations }> {
  const started = performance.now();
  const watch = new Stopwatch();
  const { ffmpeg, limits } = engines.media;
  const video = await watch.time('probe', probeVideo(request.file, { ffmpeg, limits }, signal));

  const intervalMs = request.frameIntervalSeconds * 1000;
  const framesTotal = Math.max(1, Math.ceil(video.durationMs / intervalMs));
  const frames = readFrames(
    { file: request.file, video, intervalMs, maxSide: engines.frameMaxSide, ffmpeg, limits },
    signal,
  );
  const wanted = { faces: request.detectFaces, poses: request.detectPoses };
  const similarity = new FrameSimilarityMeter();
  const resumed = request.resumeFrom ? decodeCheckpoint(request.resumeFrom, engines.fingerprint) : null;
  const observations: FrameObservations[] = [...(resumed?.observations ?? [])];
  const samples: number[] = [...(resumed?.samples ?? [])];
  const checkpoints = new CheckpointClock(request.checkpointEveryMs ?? Number.POSITIVE_INFINITY);
  for await (const frame of watch.timeEach('decode', frames)) {
    if (resumed !== null && frame.index < resumed.samples.length) {
      // Seen by an earlier analysis; the next frame is still compared with it.
      similarity.compareWithPrevious(frame);
      continue;
    }
    if (!frame.repeatsPrevious) {
      const observed = observeFrame(frame, video, engines, similarity, wanted);
      observations.push(await watch.time('inference', observed));
    }
    samples.push(observations.length - 1);
    const progress = { framesDone: samples.length, framesTotal: Math.max(framesTotal, samples.length) };
    const checkpoint = checkpoints.isDue()
      ? encodeCheckpoint({ observations, samples }, engines.fingerprint)
      : undefined;
    onProgress(checkpoint === undefined ? progress : { ...progress, checkpoint });
  }

  const people = watch.timeSync('tracking', () =>
    followPeople(observations, {
      ...DEFAULT_TRACKING_OPTIONS,
      ...engines.tracking,
      picture: { width: video.width, height: video.height },
      frameIntervalMs: intervalMs,
    }),
  );
  const result = buildResult({
    request,
    video,
    observations,
    samples,
    people,
    models: engines.models,
    processingTimeMs: performance.now() - started,
  });
  return { result, durations: watch.durations() };
}
