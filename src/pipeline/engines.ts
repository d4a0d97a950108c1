/** Everything a detection thread holds for its whole life: the loaded networks and the options every video is analysed with. */
import { createHash } from 'node:crypto';
import { type ModelDescription, openModel } from '../inference/model-store.ts';
import type { VideoLimits } from '../media/video-limits.ts';
import { WORKER_VERSION } from '../version.ts';
import { FaceDetector } from '../vision/face-detector.ts';
import { FaceEmbedder } from '../vision/face-embedder.ts';
import { BlazePoseLandmarker } from '../vision/pose/blazepose-landmarker.ts';
import type { PoseLandmarker } from '../vision/pose/pose-landmarker.ts';

/** What the threads are told at their start; plain data. */
export interface EngineOptions {
  readonly models: {
    /** A name of the model manifest or the path of an .onnx file. */
    readonly faceDetector: string;
    readonly faceEmbedder: string;
    readonly poseDetector: string;
    readonly poseLandmarks: string;
  };
  /** Least confidence of a reported face, 0..1. */
  readonly faceConfidenceThreshold: number;
  /** Least confidence of a reported pose, 0..1. */
  readonly poseConfidenceThreshold: number;
  readonly media: MediaOptions;
  /** How long a track waits for its person, in seconds. */
  readonly trackMaxAgeSeconds: number;
}

export interface MediaOptions {
  /** Path of the ffmpeg to run. */
  readonly ffmpeg: string;
  readonly limits: VideoLimits;
}

export interface Engines {
  readonly faceDetector: FaceDetector;
  readonly faceEmbedder: FaceEmbedder;
  /** Largest cosine distance at which the embedder's vectors count as one face. */
  readonly maxCosineDistance: number;
  readonly poseLandmarker: PoseLandmarker;
  readonly media: MediaOptions;
  readonly trackMaxAgeSeconds: number;
  readonly models: readonly ModelDescription[];
  /** Changes with everything that observations depend on: the worker, its networks and its options. */
  readonly fingerprint: string;
}

/**
 * Opens every network, verified against the manifest.
 * @throws WorkerError MODEL_INVALID that says which network is wrong and what was expected
 */
export async function loadEngines(options: EngineOptions): Promise<Engines> {
  const { models, faceConfidenceThreshold, poseConfidenceThreshold, media, trackMaxAgeSeconds } = options;
  const [detector, embedder, poseDetector, poseLandmarks] = await Promise.all([
    openModel(models.faceDetector, { role: 'face-detector' }),
    openModel(models.faceEmbedder, { role: 'face-embedder' }),
    openModel(models.poseDetector, { role: 'pose-detector' }),
    openModel(models.poseLandmarks, { role: 'pose-landmarks' }),
  ]);
  const descriptions = [detector, embedder, poseDetector, poseLandmarks].map(
    ({ description }) => description,
  );
  return {
    faceDetector: await FaceDetector.load(detector, { confidenceThreshold: faceConfidenceThreshold }),
    faceEmbedder: new FaceEmbedder(embedder),
    maxCosineDistance: embedder.thresholds.maxCosineDistance ?? 0.5,
    poseLandmarker: await BlazePoseLandmarker.load({
      detectorModel: poseDetector,
      landmarksModel: poseLandmarks,
      minPresence: poseConfidenceThreshold,
    }),
    media,
    trackMaxAgeSeconds,
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
