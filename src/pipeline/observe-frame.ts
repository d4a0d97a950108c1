/** One frame through every network: the place where media's pictures become tracking's observations. */
import { type Point, type Size, scaleBox, type Tlwh } from '../geometry/box.ts';
import type { PoseLandmark } from '../geometry/landmarks.ts';
import type { Frame } from '../media/frame.ts';
import type { FaceObservation, FrameObservations, PoseObservation } from '../tracking/observations.ts';
import type { FaceDetection } from '../vision/face-detector.ts';
import type { FrameSimilarityMeter } from '../vision/frame-similarity.ts';
import { type Pose, toFaceHint } from '../vision/pose/pose-landmarker.ts';
import { torsoAppearance } from '../vision/torso-appearance.ts';
import type { AnalysisRequest } from './analysis.ts';
import type { Engines } from './engines.ts';

/**
 * Detects, embeds and describes. Faces are looked for in any case: they lead to bodies the pose detector misses, and tell whose
 * the bodies are. Observations are in pixels of the upright source picture, whatever size the frame was decoded at and whatever
 * the shape of its pixels.
 */
export async function observeFrame(
  frame: Frame,
  source: Size,
  engines: Engines,
  similarity: FrameSimilarityMeter,
  { detectPoses }: Pick<AnalysisRequest, 'detectPoses'>,
): Promise<FrameObservations> {
  const faces = await engines.faceDetector.detect(frame);
  const embeddings = await engines.faceEmbedder.embed(frame, faces);
  const poses = detectPoses ? await engines.poseLandmarker.detect(frame, faces.map(toFaceHint)) : [];
  const toSource = { x: source.width / frame.width, y: source.height / frame.height };
  return {
    index: frame.index,
    timestampMs: frame.timestampMs,
    faces: faces.map((face, i) => faceObservation(face, embeddings[i] ?? null, toSource)),
    poses: poses.map((pose) => poseObservation(pose, torsoAppearance(frame, pose.landmarks), toSource)),
    similarityToPrevious: similarity.compareWithPrevious(frame),
  };
}

/** What is seen in a frame with the very pixels of the one before: the same, since the networks answer equal pictures equally. */
export function observeAgain(
  frame: Frame,
  { faces, poses }: FrameObservations,
  similarity: FrameSimilarityMeter,
): FrameObservations {
  return {
    index: frame.index,
    timestampMs: frame.timestampMs,
    faces,
    poses,
    similarityToPrevious: similarity.compareWithPrevious(frame),
    equalsPrevious: true,
  };
}

function faceObservation(face: FaceDetection, embedding: Float32Array | null, scale: Point): FaceObservation {
  return {
    box: toSourceBox(face.box, scale),
    confidence: face.confidence,
    landmarks: face.landmarks?.map(({ x, y }) => ({ x: x * scale.x, y: y * scale.y })) ?? null,
    embedding,
  };
}

function poseObservation(pose: Pose, appearance: Float32Array | null, scale: Point): PoseObservation {
  return {
    box: toSourceBox(pose.box, scale),
    confidence: pose.confidence,
    landmarks: pose.landmarks.map((landmark) => toSourceLandmark(landmark, scale)),
    worldLandmarks: pose.worldLandmarks,
    appearance,
  };
}

function toSourceBox(box: Tlwh, scale: Point): Tlwh {
  return scaleBox(box, scale.x, scale.y);
}

function toSourceLandmark({ x, y, z, visibility, presence }: PoseLandmark, scale: Point): PoseLandmark {
  return { x: x * scale.x, y: y * scale.y, z: z * scale.x, visibility, presence };
}
