/** What tracking is told about a video: per sampled frame, what was seen where. Plain data, so it can be stored and replayed. */
import type { Point, Tlwh } from '../geometry/box.ts';
import type { FrameSimilarity } from '../geometry/frame-similarity.ts';
import type { PoseLandmark, WorldLandmark } from '../geometry/landmarks.ts';

/** One face in one frame. Coordinates are pixels of the upright source picture. */
export interface FaceObservation {
  readonly box: Tlwh;
  /** 0..1 */
  readonly confidence: number;
  /** Left eye, right eye, nose, left and right mouth corner (image left/right); null from detectors without landmarks. */
  readonly landmarks: readonly Point[] | null;
  /** Unit-length appearance vector; null without an embedder. */
  readonly embedding: Float32Array | null;
}

/** One body in one frame. */
export interface PoseObservation {
  /** Box around the visible landmarks, clipped to the picture. */
  readonly box: Tlwh;
  /** Presence score of the landmark network, 0..1. */
  readonly confidence: number;
  /** 33 landmarks in MediaPipe's order. */
  readonly landmarks: readonly PoseLandmark[];
  /** 33 landmarks in metres. */
  readonly worldLandmarks: readonly WorldLandmark[];
  /** Unit-length appearance vector of the torso; null when it cannot be seen. */
  readonly appearance: Float32Array | null;
}

/** The frames of a video in order. An array will do; those of a long video come from a file, anew at every look. */
export interface ObservedFrames extends Iterable<FrameObservations> {
  readonly length: number;
  at(position: number): FrameObservations | undefined;
}

/** Everything seen in one sampled frame. */
export interface FrameObservations {
  /** Sample number, 0-based. */
  readonly index: number;
  /** Real presentation time of the picture, from the video's first frame. */
  readonly timestampMs: number;
  readonly faces: readonly FaceObservation[];
  readonly poses: readonly PoseObservation[];
  /** Null for the first frame. */
  readonly similarityToPrevious: FrameSimilarity | null;
  /** Set where every pixel is that of the frame before: what was seen there is taken over. */
  readonly equalsPrevious?: true;
}
