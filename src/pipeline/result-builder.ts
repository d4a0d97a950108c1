/** Puts observations and identities into the result document, frame by frame into a file: hours of video do not fit into memory. */
import { closeSync } from 'node:fs';
import { toMilliseconds } from '../contract/milliseconds.ts';
import {
  type CompletedResult,
  completedResultSchema,
  type DetectionSummary,
  RESULT_SCHEMA_VERSION,
  type ResultFrame,
  type ResultTrack,
} from '../contract/result.ts';
import { WorkerError } from '../errors.ts';
import type { ModelDescription } from '../inference/model-store.ts';
import type { SamplingReport } from '../media/sampling-report.ts';
import type { VideoInfo } from '../media/video-info.ts';
import type { PeopleTracks, TrackSummary } from '../tracking/follow-people.ts';
import type { FrameObservations } from '../tracking/observations.ts';
import { WORKER_VERSION } from '../version.ts';
import type { AnalysisRequest } from './analysis.ts';
import { createFile, TextWriter } from './disk.ts';
import { type FrameExtent, TrackExtents } from './original-fields.ts';
import { resultPicture } from './result-frame.ts';
import { roundToDigits, roundTo as to } from './round-to.ts';
import { withoutFaces } from './without-faces.ts';

/** Everything an analysis found out. */
export interface Findings {
  readonly request: AnalysisRequest;
  readonly video: Pick<
    VideoInfo,
    'width' | 'height' | 'durationMs' | 'frameRate' | 'codec' | 'rotationDegrees'
  >;
  /** What was seen in each picture looked at. */
  readonly observations: Iterable<FrameObservations>;
  /** For each sample the position of its picture in `observations`; a picture shown for long stands for several. */
  readonly samples: readonly number[];
  readonly sampling: SamplingReport | null;
  /** Identities, parallel to the observations. */
  readonly people: PeopleTracks;
  readonly models: readonly ModelDescription[];
  readonly processingTimeMs: number;
}

/** What is counted while the frames pass by. */
interface Sightings {
  readonly faces: TrackExtents;
  readonly poses: TrackExtents;
}

const frameSchema = completedResultSchema.shape.frames.element;

/**
 * S3 takes 5 GB at once, and Node counts the bytes of a file it sends in 32 bits. Thirty people in each frame for six hours, a frame every
 * 2 s, are half of this; a picture of a crowd that is shown for hours, in some kilobytes, could be sampled into a hundred gigabytes.
 */
const MAX_RESULT_BYTES = 4_000_000_000;

/**
 * Writes the result of a finished analysis, without faces where none were asked for, and returns its summary.
 * @param file is made, or emptied
 * @throws WorkerError RESULT_TOO_LARGE when it would have more than `maxBytes`; INTERNAL when the document breaks its own schema, before anybody can read
 * it; DISK_FULL
 */
export function writeResult(
  found: Findings,
  file: string,
  maxBytes: number = MAX_RESULT_BYTES,
): DetectionSummary {
  const findings = found.request.detectFaces ? found : { ...found, ...withoutFaces(found) };
  const fd = createFile(file);
  try {
    const text = new TextWriter(fd);
    const head = resultHead(findings);
    text.write(`${JSON.stringify(head).slice(0, -1)},"frames":[`);
    const seen = { faces: new TrackExtents(), poses: new TrackExtents() };
    for (const frame of resultFrames(findings)) {
      refuseBroken(frameSchema.safeParse(frame), `frames.${frame.index}.`);
      seen.faces.add(frame, frame.faces);
      seen.poses.add(frame, frame.poses);
      text.write(`${frame.index === 0 ? '' : ','}${JSON.stringify(frame)}`);
      refuseLarger(maxBytes, text.bytes);
    }
    const tail = resultTail(findings, seen);
    refuseBroken(completedResultSchema.safeParse({ ...head, frames: [], ...tail }), '');
    text.write(`],${JSON.stringify(tail).slice(1)}`);
    text.flush();
    refuseLarger(maxBytes, text.bytes);
    return tail.summary;
  } finally {
    closeSync(fd);
  }
}

function refuseLarger(maxBytes: number, bytes: number): void {
  if (bytes <= maxBytes) return;
  throw new WorkerError(
    'RESULT_TOO_LARGE',
    `the result would be larger than ${maxBytes} bytes: sample less often, or cut the video`,
  );
}

type SchemaCheck = ReturnType<typeof completedResultSchema.safeParse | typeof frameSchema.safeParse>;

function refuseBroken({ success, error }: SchemaCheck, place: string): void {
  if (success) return;
  const [issue] = error?.issues ?? [];
  const message = `the result breaks its schema at ${place}${issue?.path.join('.')}: ${issue?.message}`;
  throw new WorkerError('INTERNAL', message, { cause: error });
}

/** What stands before the frames. */
function resultHead({ request, video }: Findings) {
  return {
    schema_version: RESULT_SCHEMA_VERSION,
    job_id: request.jobId,
    status: 'completed',
    source_dimensions: { width: video.width, height: video.height },
    frame_interval_ms: toMilliseconds(request.frameIntervalSeconds),
    video: {
      duration_ms: to(0, video.durationMs),
      frame_rate: roundToDigits(5, video.frameRate),
      codec: video.codec,
      rotation_degrees: video.rotationDegrees,
    },
  } satisfies Partial<CompletedResult>;
}

function* resultFrames({ observations, samples, people, video }: Findings): Generator<ResultFrame> {
  let index = 0;
  let position = -1;
  for (const observed of observations) {
    position++;
    const picture = resultPicture(observed, people.frames[position], video);
    for (let shown = 0; samples[index] === position; shown++, index++) {
      const repeats = shown > 0;
      const equals = repeats || observed.equalsPrevious === true;
      yield { index, ...picture, repeats_previous: repeats, equals_previous: equals };
    }
  }
}

/** What stands behind the frames. */
function resultTail(
  { request, samples, sampling, people, models, processingTimeMs }: Findings,
  seen: Sightings,
) {
  const uniqueTracks = (kind: TrackSummary['kind']) =>
    people.tracks.filter((track) => track.kind === kind).length;
  return {
    tracks: people.tracks.map((track) =>
      resultTrack(track, (track.kind === 'face' ? seen.faces : seen.poses).of(track.trackId)),
    ),
    shots: people.shots.map(({ index, startMs, endMs }) => ({
      index,
      start_ms: to(3, startMs),
      end_ms: to(3, endMs),
    })),
    summary: {
      total_frames: samples.length,
      faces_detected: seen.faces.sightings,
      poses_detected: seen.poses.sightings,
      unique_face_tracks: uniqueTracks('face'),
      unique_pose_tracks: uniqueTracks('pose'),
      processing_time_ms: to(0, processingTimeMs),
    },
    provenance: {
      worker_version: WORKER_VERSION,
      ...(sampling === null ? {} : { sampling: samplingProvenance(sampling, request) }),
      models: models.map(({ role, name, sha256, licence, warning }) => ({
        role,
        name,
        sha256,
        licence,
        ...(warning === undefined ? {} : { warning }),
      })),
    },
  } satisfies Partial<CompletedResult>;
}

function samplingProvenance(
  report: SamplingReport,
  { samplingToleranceSeconds = 0 }: AnalysisRequest,
): CompletedResult['provenance']['sampling'] {
  const { plan, reason, packets, packetsTotal, estimatedCpuMs, decoderCpuMs } = report;
  return {
    plan,
    reason,
    tolerance_ms: toMilliseconds(samplingToleranceSeconds),
    packets,
    packets_total: packetsTotal,
    estimated_cpu_ms: Math.round(estimatedCpuMs),
    decoder_cpu_ms: decoderCpuMs,
  };
}

function resultTrack(track: TrackSummary, extent: FrameExtent): ResultTrack {
  return {
    kind: track.kind,
    track_id: track.trackId,
    person_id: track.personId,
    link: { confidence: to(4, track.link.confidence), reason: track.link.reason },
    first_ms: to(3, track.firstMs),
    last_ms: to(3, track.lastMs),
    observations: track.observations,
    mean_confidence: to(4, track.meanConfidence),
    segments: track.segments.map(({ shot, firstMs, lastMs, observations }) => ({
      shot,
      first_ms: to(3, firstMs),
      last_ms: to(3, lastMs),
      observations,
    })),
    track_type: track.kind,
    ...extent,
    avg_confidence: to(4, track.meanConfidence),
  };
}
