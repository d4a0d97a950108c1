/** Everything a detection thread holds for its whole life: the loaded networks and the options every video is analysed with. */
import { createHash } from 'node:crypto';
import { type ModelDescription, openModel } from '../inference/model-store.ts';
import { openTogether, orClose } from '../inference/open-together.ts';
import { DEFAULT_MAX_SIDE } from '../media/frame-reader.ts';
import type { AllowedPlan } from '../media/sampling-plan.ts';
import type { VideoLimits } from '../media/video-limits.ts';
import type { TrackingOptions } from '../tracking/follow-people.ts';
import { WORKER_VERSION } from '../version.ts';
import { FaceDetector, type FaceDetectorOptions } from '../vision/face-detector.ts';
import { FaceEmbedder } from '../vision/face-embedder.ts';
import { loadPoseEngine, type PoseEngineOptions } from '../vision/pose/load-pose-engine.ts';
import type { Assistant } from './assistant.ts';
import type { Networks } from './observe-frame.ts';

/** What the threads are told at their start; plain data. */
export interface EngineOptions {
  readonly models: {
    /** A name of the model manifest or the path of an .onnx file. */
    readonly faceDetector: string;
    readonly faceEmbedder: string;
  };
  readonly faces: FaceDetectorOptions;
  readonly poses: PoseEngineOptions;
  readonly media: MediaOptions;
  readonly tracking: TrackingChoices;
}

/** What the configuration decides about tracking; the rest is known from the video and the networks. */
export type TrackingChoices = Pick<TrackingOptions, 'maxAgeSeconds' | 'interpolate'>;

export interface MediaOptions {
  /** Path of the ffmpeg to run. */
  readonly ffmpeg: string;
  readonly limits: VideoLimits;
  /** How a video may be decoded; `auto` by default. The pictures of an undamaged file are the same. */
  readonly plan?: AllowedPlan;
}

export interface Engines extends Networks {
  /** A thread that looks at pictures with the same networks, while there is one. */
  readonly assistant?: () => Assistant | null;
  readonly media: MediaOptions;
  /** Long side the frames are scaled to when they are decoded, in pixels; smaller ones keep their size. */
  readonly frameMaxSide: number;
  readonly tracking: TrackingChoices & Pick<TrackingOptions, 'maxCosineDistance'>;
  readonly models: readonly ModelDescription[];
  /** Changes with everything that observations depend on: the worker, its networks and its options. */
  readonly fingerprint: string;
}

/** For an embedder the manifest does not know: between the usual thresholds of face embedders. */
const UNKNOWN_EMBEDDER_MAX_DISTANCE = 0.6;

/**
 * Opens every network, verified against the manifest.
 * @throws WorkerError MODEL_INVALID that says which network is wrong and what was expected
 */
export async function loadEngines(options: EngineOptions): Promise<Engines> {
  const { models, faces, poses, media, tracking } = options;
  const opened = await openTogether([
    openModel(models.faceDetector, { role: 'face-detector' }),
    openModel(models.faceEmbedder, { role: 'face-embedder' }),
    loadPoseEngine(poses),
  ]);
  const [detector, embedder, poseEngine] = opened;
  const [faceDetector, faceEmbedder] = await orClose(opened, async () => [
    await FaceDetector.load(detector, faces),
    await FaceEmbedder.load(embedder),
  ]);
  const descriptions = [faceDetector.description, faceEmbedder.description, ...poseEngine.models];
  return {
    faceDetector,
    faceEmbedder,
    poseLandmarker: poseEngine.landmarker,
    media,
    frameMaxSide: Math.max(DEFAULT_MAX_SIDE, faceDetector.usefulLongSide),
    tracking: {
      ...tracking,
      maxCosineDistance: embedder.thresholds.maxCosineDistance ?? UNKNOWN_EMBEDDER_MAX_DISTANCE,
    },
    models: descriptions,
    fingerprint: fingerprintOf(options, descriptions),
  };
}

function fingerprintOf(options: EngineOptions, models: readonly ModelDescription[]): string {
  const digests = models.map(({ sha256 }) => sha256);
  return createHash('sha256')
    .update(JSON.stringify([WORKER_VERSION, options, digests]))
    .digest('hex');
}
