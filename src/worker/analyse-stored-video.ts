/** The heavy part of an attempt: the video on disk, analysed from where an earlier attempt got to, with checkpoints for a later one. */
import { join } from 'node:path';
import type { DetectionJob } from '../contract/job.ts';
import type { Logger } from '../log.ts';
import type { Analysis } from '../pipeline/analysis.ts';
import type { Progress } from '../pipeline/progress.ts';
import { traceStep } from '../telemetry/tracing.ts';
import { type AttemptFacts, millisecondsSince } from './attempt-facts.ts';
import { CheckpointSaver } from './checkpoint-saver.ts';
import type { JournalPage } from './job-journal.ts';
import type { ObjectHead, ObjectStore, VideoAnalyser } from './ports.ts';
import { provenanceDigest, provenanceOf } from './provenance.ts';
import { withTempFolder } from './temp-folder.ts';

export interface VideoServices {
  readonly store: ObjectStore;
  readonly analyser: VideoAnalyser;
  /** Parent of the jobs' temporary folders. */
  readonly tempDir: string;
  readonly maxVideoBytes: number;
  /** Time between two checkpoints of a running analysis. */
  readonly checkpointEveryMs?: number;
}

export interface AnalysisContext {
  readonly services: VideoServices;
  /** Where this attempt's checkpoints go, and where an earlier one's are found. */
  readonly page: JournalPage;
  readonly facts: AttemptFacts;
  readonly log: Logger;
}

const DEFAULT_CHECKPOINT_EVERY_MS = 60_000;

/** The copy of the video is gone when this ends, whichever way. Rejects as `download` and `analyse` of the ports do. */
export async function analyseStoredVideo(
  job: DetectionJob,
  context: AnalysisContext,
  signal: AbortSignal,
): Promise<Analysis> {
  return await withTempFolder(context.services.tempDir, async (folder) => {
    const file = join(folder, 'video');
    const video = await download(job, file, context, signal);
    return await analyse(job, file, video, context, signal);
  });
}

async function download(
  job: DetectionJob,
  file: string,
  { services: { store, maxVideoBytes: maxBytes }, facts }: AnalysisContext,
  signal: AbortSignal,
): Promise<ObjectHead> {
  const startMs = performance.now();
  const video = await traceStep('download video', () =>
    store.download(job.video, file, { maxBytes }, signal),
  );
  facts.videoEtag = video.etag;
  facts.videoBytes = video.bytes;
  facts.downloadMs = millisecondsSince(startMs);
  return video;
}

async function analyse(
  job: DetectionJob,
  file: string,
  video: ObjectHead,
  { services, page, facts, log }: AnalysisContext,
  signal: AbortSignal,
): Promise<Analysis> {
  const { analyser, checkpointEveryMs = DEFAULT_CHECKPOINT_EVERY_MS } = services;
  const slot = page.checkpoint(provenanceDigest(provenanceOf(job, video.etag)));
  const resumeFrom = await slot.read(signal);
  if (resumeFrom !== null) facts.resumedFromBytes = resumeFrom.length;
  const checkpoints = new CheckpointSaver(slot, signal, log);
  const onProgress = ({ checkpoint }: Progress) => {
    if (checkpoint !== undefined) checkpoints.offer(checkpoint);
  };

  const { jobId, frameIntervalSeconds, samplingToleranceSeconds, detectFaces, detectPoses } = job;
  const sampling = { frameIntervalSeconds, samplingToleranceSeconds };
  const request = { jobId, file, ...sampling, detectFaces, detectPoses, resumeFrom, checkpointEveryMs };
  const startMs = performance.now();
  try {
    const analysis = await traceStep('analyse video', () => analyser.analyse(request, onProgress, signal));
    facts.analyseMs = millisecondsSince(startMs);
    facts.stages = analysis.durations;
    facts.sampling = analysis.sampling;
    facts.summary = analysis.summary;
    facts.videoMs = analysis.videoMs;
    return analysis;
  } finally {
    await checkpoints.idle();
  }
}
