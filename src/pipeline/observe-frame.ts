/** One picture through every network: the place where media's pictures become tracking's observations. */
import { type Point, type Size, scaleBox, type Tlwh } from '../geometry/box.ts';
import type { PoseLandmark } from '../geometry/landmarks.ts';
import type { RgbImage } from '../geometry/rgb-image.ts';
import type { FaceObservation, FrameObservations, PoseObservation } from '../tracking/observations.ts';
import type { FaceDetection, FaceDetector } from '../vision/face-detector.ts';
import type { FaceEmbedder } from '../vision/face-embedder.ts';
import { type Pose, type PoseLandmarker, toFaceHint } from '../vision/pose/pose-landmarker.ts';
import { torsoAppearance } from '../vision/torso-appearance.ts';

/** The loaded networks, by what they do. */
export interface Networks {
  readonly faceDetector: Pick<FaceDetector, 'detect'>;
  readonly faceEmbedder: Pick<FaceEmbedder, 'embed'>;
  readonly poseLandmarker: Pick<PoseLandmarker, 'detect'>;
}

/** What the networks see in a picture. */
export type Sights = Pick<FrameObservations, 'faces' | 'poses'>;

/** What a look at a picture depends on besides the picture. */
export interface LookOptions {
  /** Size of the upright source picture, in pixels. */
  readonly source: Size;
  readonly detectPoses: boolean;
}

/**
 * Detects, embeds and describes. Faces are looked for in any case: they lead to bodies the pose detector misses, and tell whose
 * the bodies are. Observations are in pixels of the upright source picture, whatever size the picture was decoded at and whatever
 * the shape of its pixels.
 */
export async function observeFrame(
  picture: RgbImage,
  { faceDetector, faceEmbedder, poseLandmarker }: Networks,
  { source, detectPoses }: LookOptions,
): Promise<Sights> {
  const faces = await faceDetector.detect(picture);
  const embeddings = await faceEmbedder.embed(picture, faces);
  const poses = detectPoses ? await poseLandmarker.detect(picture, faces.map(toFaceHint)) : [];
  const toSource = { x: source.width / picture.width, y: source.height / picture.height };
  return {
    faces: faces.map((face, i) => faceObservation(face, embeddings[i] ?? null, toSource)),
    poses: poses.map((pose) => poseObservation(pose, torsoAppearance(picture, pose.landmarks), toSource)),
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
