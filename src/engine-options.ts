/** Turns the configuration into what the detection threads are told; shared by the worker and the command line. */
import './no-onnx-telemetry.ts';
import type { AnalysisConfig, Environment } from './config.ts';
import { findFfmpeg } from './media/ffmpeg-binary.ts';
import { DEFAULT_VIDEO_LIMITS } from './media/video-limits.ts';
import type { EngineOptions } from './pipeline/engines.ts';
import { PUBLISHED_FRAMES_PER_SECOND } from './tracking/sampling-rate.ts';

/**
 * @param env only its PATH is read: where ffmpeg is looked for when the configuration names none
 * @throws WorkerError FFMPEG_MISSING
 */
export function engineOptions(config: AnalysisConfig, env: Environment): EngineOptions {
  return {
    models: {
      faceDetector: config.faceModelPath ?? 'face-detector',
      faceEmbedder: config.faceEmbedderPath ?? 'face-embedder',
    },
    faces: {
      confidenceThreshold: config.faceConfidenceThreshold,
      inputSize: config.faceInputSize,
      tiles: config.faceTiles,
    },
    poses: {
      engine: config.poseEngine,
      model: config.poseModel,
      minPresence: config.poseConfidenceThreshold,
    },
    media: {
      ffmpeg: findFfmpeg({ FFMPEG_PATH: config.ffmpegPath, PATH: env.PATH }),
      limits: {
        ...DEFAULT_VIDEO_LIMITS,
        maxBytes: config.maxVideoBytes,
        maxDurationMs: config.maxVideoSeconds * 1000,
      },
    },
    tracking: {
      maxAgeSeconds: config.trackingMaxAge / PUBLISHED_FRAMES_PER_SECOND,
      interpolate: config.interpolate,
    },
  };
}
