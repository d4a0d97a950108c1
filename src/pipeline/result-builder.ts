/** Puts observations and identities into the result document: rounds, counts and names the fields as the contract does. */
import {
  type CompletedResult,
  completedResultSchema,
  type DetectionSummary,
  RESULT_SCHEMA_VERSION,
  type ResultFrame,
  type ResultTrack,
} from '../contract/result.ts';
import { WorkerError } from '../errors.ts';
import type { Point, Tlwh } from '../geometry/box.ts';
import type { PoseLandmark, WorldLandmark } from '../geometry/landmarks.ts';
import type { ModelDescription } from '../inference/model-store.ts';
import type { SamplingReport } from '../media/sampling-report.ts';
import type { VideoInfo } from '../media/video-info.ts';
import type { PeopleTracks, TrackSummary } from '../tracking/follow-people.ts';
import type { FaceObservation, FrameObservations, PoseObservation } from '../tracking/observations.ts';
import { WORKER_VERSION } from '../version.ts';
import type { AnalysisRequest } from './analysis.ts';
import { type FrameExtent, frameExtents, keypoints, NO_EXTENT } from './original-fields.ts';
import { roundTo as to } from './round-to.ts';

/** Everything an analysis found out. */
export interface Findings {
  readonly request: AnalysisRequest;
  readonly video: VideoInfo;
  /** What was seen in each picture looked at. */
  readonly observations: readonly FrameObservations[];
  /** For each sample the position of its picture in `observations`; a picture shown for long stands for several. */
  readonly samples: readonly number[];
  readonly sampling: SamplingReport | null;
  /** Identities, parallel to the observations. */
  readonly people: PeopleTracks;
  readonly models: readonly ModelDescription[];
  readonly processingTimeMs: number;
}

/**
 * The result of a finished analysis. Pixels are rounded to 1/100, ratios and metres to 1/10,000: finer than any network
 * is sure of, and half the bytes.
 * @throws WorkerError INTERNAL when the document breaks its own schema, before anybody can read it
 */
export function buildResult(findings: Findings): CompletedResult {
  const { request, video, people } = findings;
  const frames = resultFrames(findings);
  const result: CompletedResult = {
    schema_version: RESULT_SCHEMA_VERSION,
    job_id: request.jobId,
    status: 'completed',
    source_dimensions: { width: video.width, height: video.height },
    frame_interval_ms: request.frameIntervalSeconds * 1000,
    video: {
      duration_ms: to(0, video.durationMs),
      frame_rate: to(3, video.frameRate),
      codec: video.codec,
      rotation_degrees: video.rotationDegrees,
    },
    frames,
    tracks: resultTracks(people.tracks, frames),
    shots: people.shots.map(({ index, startMs, endMs }) => ({
      index,
      start_ms: to(0, startMs),
      end_ms: to(0, endMs),
    })),
    summary: summarize(frames, people.tracks, findings.processingTimeMs),
    provenance: {
      worker_version: WORKER_VERSION,
      ...(findings.sampling === null ? {} : { sampling: samplingProvenance(findings.sampling, request) }),
      models: findings.models.map(({ role, name, sha256, licence, warning }) => ({
        role,
        name,
        sha256,
        licence,
        ...(warning === undefined ? {} : { warning }),
      })),
    },
  };
  const checked = completedResultSchema.safeParse(result);
  if (checked.success) return result;
  const [issue] = checked.error.issues;
  throw new WorkerError(
    'INTERNAL',
    `the result breaks its schema at ${issue?.path.join('.')}: ${issue?.message}`,
    {
      cause: checked.error,
    },
  );
}

function samplingProvenance(
  report: SamplingReport,
  { samplingToleranceSeconds = 0 }: AnalysisRequest,
): CompletedResult['provenance']['sampling'] {
  const { plan, reason, packets, packetsTotal, estimatedCpuMs, decoderCpuMs } = report;
  return {
    plan,
    reason,
    tolerance_ms: samplingToleranceSeconds * 1000,
    packets,
    packets_total: packetsTotal,
    estimated_cpu_ms: Math.round(estimatedCpuMs),
    decoder_cpu_ms: decoderCpuMs,
  };
}

function summarize(
  frames: readonly ResultFrame[],
  tracks: readonly TrackSummary[],
  processingTimeMs: number,
): DetectionSummary {
  const detected = (kind: 'faces' | 'poses') =>
    frames
      .filter((frame) => !frame.repeats_previous)
      .reduce((sum, frame) => sum + frame[kind].filter(({ source }) => source === 'detected').length, 0);
  return {
    total_frames: frames.length,
    faces_detected: detected('faces'),
    poses_detected: detected('poses'),
    unique_face_tracks: tracks.filter(({ kind }) => kind === 'face').length,
    unique_pose_tracks: tracks.filter(({ kind }) => kind === 'pose').length,
    processing_time_ms: to(0, processingTimeMs),
  };
}

function resultFrames({ observations, samples, people, video }: Findings): ResultFrame[] {
  const pictures = observations.map((frame, i) => resultPicture(frame, people.frames[i], video));
  return samples.flatMap((position, index) => {
    const picture = pictures[position];
    if (picture === undefined) return [];
    const repeats = samples[index - 1] === position;
    const equals = repeats || observations[position]?.equalsPrevious === true;
    return { index, ...picture, repeats_previous: repeats, equals_previous: equals };
  });
}

function resultPicture(
  frame: FrameObservations,
  ids: PeopleTracks['frames'][number] | undefined,
  size: PictureSize,
): Omit<ResultFrame, 'index' | 'repeats_previous' | 'equals_previous'> {
  return {
    timestamp_ms: to(3, frame.timestampMs),
    faces: [
      ...frame.faces.map((face, i) => resultFace(face, ids?.faceTrackIds[i] ?? null, 'detected')),
      ...(ids?.interpolatedFaces ?? []).map((face) =>
        resultFace(face.observation, face.trackId, 'interpolated'),
      ),
    ],
    poses: [
      ...frame.poses.map((pose, i) => resultPose(pose, ids?.poseTrackIds[i] ?? null, 'detected', size)),
      ...(ids?.interpolatedPoses ?? []).map((pose) =>
        resultPose(pose.observation, pose.trackId, 'interpolated', size),
      ),
    ],
  };
}

type Source = ResultFrame['faces'][number]['source'];
type PictureSize = Pick<VideoInfo, 'width' | 'height'>;

function resultFace(
  face: FaceObservation,
  trackId: number | null,
  source: Source,
): ResultFrame['faces'][number] {
  return {
    track_id: trackId,
    bbox: resultBox(face.box),
    confidence: to(4, face.confidence),
    landmarks: face.landmarks?.map(resultPoint) ?? null,
    source,
  };
}

function resultPose(
  pose: PoseObservation,
  trackId: number | null,
  source: Source,
  size: PictureSize,
): ResultFrame['poses'][number] {
  return {
    track_id: trackId,
    bbox: resultBox(pose.box),
    confidence: to(4, pose.confidence),
    landmarks: pose.landmarks.map((landmark) => resultLandmark(landmark, 2)),
    world_landmarks: pose.worldLandmarks.map((landmark) => resultLandmark(landmark, 4)),
    source,
    keypoints: keypoints(pose.landmarks, size),
    gesture: null,
  };
}

function resultTracks(tracks: readonly TrackSummary[], frames: readonly ResultFrame[]): ResultTrack[] {
  const extents = { face: frameExtents(frames, 'faces'), pose: frameExtents(frames, 'poses') };
  return tracks.map((track) => resultTrack(track, extents[track.kind].get(track.trackId) ?? NO_EXTENT));
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

function resultBox({ x, y, width, height }: Tlwh): Tlwh {
  return { x: to(2, x), y: to(2, y), width: to(2, width), height: to(2, height) };
}

function resultPoint({ x, y }: Point): Point {
  return { x: to(2, x), y: to(2, y) };
}

function resultLandmark(landmark: PoseLandmark | WorldLandmark, decimals: number) {
  return {
    x: to(decimals, landmark.x),
    y: to(decimals, landmark.y),
    z: to(decimals, landmark.z),
    visibility: to(4, landmark.visibility),
    presence: to(4, landmark.presence),
  };
}
