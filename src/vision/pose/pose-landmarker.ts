/** What the pipeline knows of pose estimation: a picture and its faces in, one skeleton per person out; two engines implement it. */
import type { Tlwh } from '../../geometry/box.ts';
import type { PoseLandmark, WorldLandmark } from '../../geometry/landmarks.ts';
import type { RgbImage } from '../../geometry/rgb-image.ts';

/** One person's body in one picture. */
export interface Pose {
  /** Around the visible landmarks, clipped to the picture; pixels. */
  readonly box: Tlwh;
  /** How sure the network is that it looks at a body, 0..1. */
  readonly confidence: number;
  /** 33 landmarks in MediaPipe's order (`POSE_LANDMARK_NAMES`), pixels of the picture. */
  readonly landmarks: readonly PoseLandmark[];
  /** The same 33 landmarks in metres, origin between the hips. */
  readonly worldLandmarks: readonly WorldLandmark[];
}

/** The box of a face found in the same picture, in pixels, and how sure the detector is of it. */
export interface FaceHint extends Tlwh {
  /** 0..1. */
  readonly confidence: number;
}

export function toFaceHint({ box, confidence }: { box: Tlwh; confidence: number }): FaceHint {
  return { ...box, confidence };
}

/** Finds the bodies in single pictures; keeps nothing from one picture to the next. */
export interface PoseLandmarker {
  /**
   * Every visible body, at most one per person, surest first.
   *
   * @param faceHints lead to bodies the detector misses in wide shots
   */
  detect(image: RgbImage, faceHints: readonly FaceHint[]): Promise<Pose[]>;
  close(): Promise<void>;
}

/** The pose alone, without what an engine knew besides. */
export function toPose({ box, confidence, landmarks, worldLandmarks }: Pose): Pose {
  return { box, confidence, landmarks, worldLandmarks };
}
