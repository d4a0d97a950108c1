/** The heavy part of an attempt: the video on disk, analysed from where an earlier attempt got to, with checkpoints for a later one. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { DetectionJob } from '../contract/job.ts';
import { toWorkerError, type WorkerError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type Analysis, observationsFile } from '../pipeline/analysis.ts';
import type { Progress } from '../pipeline/progress.ts';
import { traceStep } from '../telemetry/tracing.ts';
import { type AttemptFacts, millisecondsSince } from './attempt-facts.ts';
import { CheckpointSaver } from './checkpoint-saver.ts';
import type { CheckpointSlot } from './checkpoint-slot.ts';
import type { JournalPage } from './job-journal.ts';
import type { Content, ObjectStore, PlanDownload, VideoAnalyser, VideoCopy } from './ports.ts';
import { provenanceDigest, provenanceOf } from './provenance.ts';
import { withTempFolder } from './temp-folder.ts';

export interface VideoServices {
  readonly store: ObjectStore;
  readonly analyser: VideoAnalyser;
  /** Parent of the jobs' temporary folders. */
  readonly tempDir: string;
  readonly maxVideoBytes: number;
  /** Keeps downloads to what is needed; without it the whole video is copied. */
  readonly ranged?: RangedDownloads;
  /** Time between two checkpoints of a running analysis. */
  readonly checkpointEveryMs?: number;
}

export interface RangedDownloads {
  /** Times in milliseconds. */
  readonly planFor: (sampling: { intervalMs: number; toleranceMs: number }) => PlanDownload;
  /** Follows a plan even where it saves next to nothing. */
  readonly always: boolean;
}

export interface AnalysisContext {
  readonly services: VideoServices;
  /** Where this attempt's checkpoints go, and where an earlier one's are found. */
  readonly page: JournalPage;
  readonly facts: AttemptFacts;
  readonly log: Logger;
}

const DEFAULT_CHECKPOINT_EVERY_MS = 60_000;

/**
 * The copy of the video and the analysis's files are gone when this ends, whichever way.
 * @param use what is done with the analysis while they are there
 * @throws WorkerError as `download` and `analyse` of the ports do, and as `use` does
 */
export async function analyseStoredVideo<T>(
  job: DetectionJob,
  context: AnalysisContext,
  signal: AbortSignal,
  use: (analysis: Analysis) => Promise<T>,
): Promise<T> {
  return await withTempFolder(context.services.tempDir, async (folder) => {
    const analysis = await analyseWhatIsNeeded(job, folder, context, signal);
    const used = await use(analysis);
    // Only now: an analysis whose result was not stored is made again, and what it found is not to count twice.
    context.facts.summary = analysis.summary;
    return used;
  });
}

/** Of the whole video where the parts that were fetched do not suffice. */
async function analyseWhatIsNeeded(
  job: DetectionJob,
  folder: string,
  context: AnalysisContext,
  signal: AbortSignal,
): Promise<Analysis> {
  const inUse = new AbortController();
  const copy = await download(job, videoFile(folder), context, AbortSignal.any([signal, inUse.signal]));
  try {
    return await analyseCopy(job, folder, copy, context, signal);
  } finally {
    // What still arrives is of no use any more, and the file is about to go.
    inUse.abort();
    await copy.arriving?.done.catch(() => undefined);
  }
}

async function analyseCopy(
  job: DetectionJob,
  folder: string,
  copy: VideoCopy,
  context: AnalysisContext,
  signal: AbortSignal,
): Promise<Analysis> {
  const { page, facts, log } = context;
  const slot = page.checkpoint(provenanceDigest(provenanceOf(job, copy.etag)));
  const resumedBytes = await slot.read(observationsFile({ folder }), signal);
  if (resumedBytes !== null) facts.resumedFromBytes = resumedBytes;
  try {
    return await analyse(job, folder, copy, slot, resumedBytes !== null, context, signal);
  } catch (error) {
    const failure = toWorkerError(error);
    if (signal.aborted || copy.parts === null || !isOfTheVideo(failure)) throw error;
    log.info({ reason: failure.message }, 'parts of the video did not suffice: the rest is fetched');
    await copy.arriving?.done;
    const whole = await fetching(() => copy.complete(signal), context);
    return await analyse(job, folder, whole, slot, true, context, signal);
  }
}

/** What a hole may look like to the decoder; with the whole at hand, it fails again if it is the video's own. */
function isOfTheVideo({ code }: WorkerError): boolean {
  return code === 'DECODER_FAILED' || code.startsWith('VIDEO_');
}

async function download(
  job: DetectionJob,
  file: string,
  context: AnalysisContext,
  signal: AbortSignal,
): Promise<VideoCopy> {
  const { store, maxVideoBytes: maxBytes, ranged } = context.services;
  const sampling = {
    intervalMs: job.frameIntervalSeconds * 1000,
    toleranceMs: job.samplingToleranceSeconds * 1000,
  };
  const options = {
    maxBytes,
    ...(ranged === undefined ? {} : { plan: ranged.planFor(sampling), alwaysByPlan: ranged.always }),
  };
  return await fetching(() => store.download(job.video, file, options, signal), context);
}

async function fetching(work: () => Promise<VideoCopy>, { facts }: AnalysisContext): Promise<VideoCopy> {
  const startMs = performance.now();
  const copy = await traceStep('download video', work);
  facts.videoEtag = copy.etag;
  facts.videoBytes = copy.bytes;
  const beforeMs = facts.downloadMs ?? 0;
  const count = () => {
    facts.fetchedBytes = copy.bytesFetched;
    facts.downloadMs = beforeMs + millisecondsSince(startMs);
  };
  count();
  const { arriving } = copy;
  if (arriving !== null) traceStep('download the rest', () => arriving.done).then(count, count);
  return copy;
}

async function analyse(
  job: DetectionJob,
  folder: string,
  video: VideoCopy,
  slot: CheckpointSlot,
  resume: boolean,
  { services, facts, log }: AnalysisContext,
  signal: AbortSignal,
): Promise<Analysis> {
  const { analyser, checkpointEveryMs = DEFAULT_CHECKPOINT_EVERY_MS } = services;
  const checkpoints = new CheckpointSaver(slot, signal, log);
  const onProgress = ({ checkpoint }: Progress) => {
    if (checkpoint !== undefined) checkpoints.offer(beginningOf(observationsFile({ folder }), checkpoint));
  };

  const { jobId, frameIntervalSeconds, samplingToleranceSeconds, detectFaces, detectPoses } = job;
  const { parts, arriving, windows } = video;
  const request = {
    jobId,
    file: videoFile(folder),
    folder,
    parts,
    arrivals: arriving?.arrivals ?? null,
    windows,
    frameIntervalSeconds,
    samplingToleranceSeconds,
    detectFaces,
    detectPoses,
    resume,
    checkpointEveryMs,
  };
  const missing = new AbortController();
  arriving?.done.catch((error: unknown) => missing.abort(error));
  const either = AbortSignal.any([signal, missing.signal]);
  const startMs = performance.now();
  try {
    const analysis = await traceStep('analyse video', () => analyser.analyse(request, onProgress, either));
    facts.analyseMs = millisecondsSince(startMs);
    facts.stages = analysis.durations;
    facts.sampling = analysis.sampling;
    facts.videoMs = analysis.videoMs;
    return analysis;
  } finally {
    await checkpoints.idle();
  }
}

function videoFile(folder: string): string {
  return join(folder, 'video');
}

/** The first bytes of a file that grows at its end only. */
function beginningOf(file: string, size: number): Content {
  return {
    size,
    async *stream() {
      yield* createReadStream(file, { end: size - 1 });
    },
  };
}
