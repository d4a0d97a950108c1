/** The way of one video, on one screen: probe, frames, observations, tracks, result. */
import { probeVideo } from '../media/probe.ts';
import { DEFAULT_TRACKING_OPTIONS, followPeople } from '../tracking/follow-people.ts';
import { type AnalysisReport, type AnalysisRequest, resultFile } from './analysis.ts';
import { checkpointFingerprint, openLog } from './checkpoint.ts';
import type { Engines } from './engines.ts';
import { observeVideo } from './observe-video.ts';
import type { Progress } from './progress.ts';
import { writeResult } from './result-builder.ts';
import { Stopwatch } from './stopwatch.ts';

/**
 * Analyses one local video file from the first byte to the finished result, which then lies in `resultFile(request)`.
 * @throws WorkerError VIDEO_* for a video that can never be analysed, DECODER_FAILED for one that may be, DISK_FULL; the signal's reason when aborted
 */
export async function detectVideo(
  request: AnalysisRequest,
  engines: Engines,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<AnalysisReport> {
  const started = performance.now();
  const watch = new Stopwatch();
  const { ffmpeg, limits } = engines.media;
  const video = await watch.time('probe', probeVideo(request.file, { ffmpeg, limits }, signal));

  const log = openLog(request, checkpointFingerprint(engines.fingerprint, request));
  try {
    const seen = await observeVideo(request, video, engines, watch, log, onProgress, signal);
    const { sampling, sceneHintsMs } = seen;
    const people = watch.timeSync('tracking', () =>
      followPeople(log, {
        ...DEFAULT_TRACKING_OPTIONS,
        ...engines.tracking,
        picture: { width: video.width, height: video.height },
        frameIntervalMs: request.frameIntervalSeconds * 1000,
        sceneHintsMs,
      }),
    );
    const findings = {
      request,
      video,
      observations: log,
      samples: log.samples,
      sampling,
      people,
      models: engines.models,
      processingTimeMs: performance.now() - started,
    };
    const summary = writeResult(findings, resultFile(request));
    return { summary, sampling, durations: watch.durations(), videoMs: Math.round(video.durationMs) };
  } finally {
    log.close();
  }
}
