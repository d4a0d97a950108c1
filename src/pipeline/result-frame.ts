/** One frame of the result: rounds what was seen in a picture, and names the fields as the contract does. */
import type { ResultFrame } from '../contract/result.ts';
import type { Point, Size, Tlwh } from '../geometry/box.ts';
import type { PoseLandmark, WorldLandmark } from '../geometry/landmarks.ts';
import type { FrameTracks } from '../tracking/follow-people.ts';
import type { FaceObservation, FrameObservations, PoseObservation } from '../tracking/observations.ts';
import { keypoints } from './original-fields.ts';
import { roundTo as to } from './round-to.ts';

/** What is told of a picture, however many frames show it. */
export type ResultPicture = Omit<ResultFrame, 'index' | 'repeats_previous' | 'equals_previous'>;

type Source = ResultFrame['faces'][number]['source'];

/**
 * Pixels are rounded to 1/100, ratios and metres to 1/10,000: finer than any network is sure of, and half the bytes.
 * @param ids identities, parallel to what was seen
 * @param size of the upright picture
 */
export function resultPicture(
  frame: FrameObservations,
  ids: FrameTracks | undefined,
  size: Size,
): ResultPicture {
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
  size: Size,
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
