/** Opens the pose engine the configuration names, its networks verified. */
import { type ModelDescription, type ModelFile, openModel, readModel } from '../../inference/model-store.ts';
import { openTogether, orClose } from '../../inference/open-together.ts';
import { BlazePoseLandmarker } from './blazepose-landmarker.ts';
import type { PoseLandmarker } from './pose-landmarker.ts';
import { TasksVisionPoseLandmarker } from './tasks-vision-landmarker.ts';

/** `onnx`: BlazePose on ONNX Runtime. `tasks-vision`: MediaPipe's own program, half as fast, for those who must have it. */
export const POSE_ENGINES = ['onnx', 'tasks-vision'] as const;

/** Landmark networks, from the fastest to the most exact. */
export const POSE_MODELS = ['lite', 'full', 'heavy'] as const;

export interface PoseEngineOptions {
  readonly engine: (typeof POSE_ENGINES)[number];
  readonly model: (typeof POSE_MODELS)[number];
  /** Least presence score of a reported body, 0..1. */
  readonly minPresence: number;
  /** Most bodies in one picture; 50 by default. */
  readonly maxPoses?: number;
}

export interface PoseEngine {
  readonly landmarker: PoseLandmarker;
  /** The networks it runs on. */
  readonly models: readonly ModelDescription[];
  close(): Promise<void>;
}

/** Crowds are larger, but every body costs its milliseconds; who is surest and nearest comes first. */
export const DEFAULT_MAX_POSES = 50;

/** @throws WorkerError MODEL_INVALID that says which network is missing or wrong, and how to get it */
export async function loadPoseEngine(options: PoseEngineOptions): Promise<PoseEngine> {
  return options.engine === 'onnx' ? loadBlazePose(options) : loadTasksVision(options);
}

async function loadBlazePose({
  model,
  minPresence,
  maxPoses = DEFAULT_MAX_POSES,
}: PoseEngineOptions): Promise<PoseEngine> {
  const opened = await openTogether([
    openModel('pose-detector', { role: 'pose-detector' }),
    openModel(`pose-landmarks-${model}`, { role: 'pose-landmarks' }),
  ]);
  const [detectorModel, landmarksModel] = opened;
  const landmarker = await orClose(opened, () =>
    BlazePoseLandmarker.load({ detectorModel, landmarksModel, minPresence, maxPoses }),
  );
  return {
    landmarker,
    models: [detectorModel.description, landmarksModel.description],
    close: () => landmarker.close(),
  };
}

async function loadTasksVision({
  model,
  minPresence,
  maxPoses = DEFAULT_MAX_POSES,
}: PoseEngineOptions): Promise<PoseEngine> {
  const startMs = performance.now();
  const { bytes, path, sha256, entry } = await readBundle(model);
  const landmarker = await TasksVisionPoseLandmarker.load({ bundle: bytes, minPresence, maxPoses });
  const description: ModelDescription = {
    name: entry?.name ?? `pose-landmarker-${model}`,
    role: 'pose-bundle',
    path,
    sha256,
    licence: entry?.licence ?? 'unknown',
    inputs: [],
    outputs: [],
    loadMs: Math.round(performance.now() - startMs),
    threads: 1,
  };
  return { landmarker, models: [description], close: () => landmarker.close() };
}

/**
 * Google's own file where it has been fetched, else the one built from the same networks; for lite both are one. A damaged file is an
 * error, whatever else there is.
 */
async function readBundle(model: PoseEngineOptions['model']): Promise<ModelFile> {
  const published = `pose-landmarker-${model}`;
  if (model === 'lite') return readModel(published);
  return readModel(published).catch((error: Error) => {
    if ((error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error;
    return readModel(`${published}-built`);
  });
}
