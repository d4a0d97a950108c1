/** Starts MediaPipe's official pose graph (`@mediapipe/tasks-vision` 0.10.35, WebAssembly) in Node, without a browser. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type RgbaImage, softwareCanvas } from './software-texture.ts';

const PACKAGE = '@mediapipe/tasks-vision';

/** A landmark as the graph gives it: fractions of the picture, or metres. Version 0.10 tells no presence. */
export interface GraphLandmark {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly visibility: number;
}

/** One running graph. Any error leaves it unusable. */
export interface PoseGraph {
  detect(image: RgbaImage): {
    readonly landmarks: readonly (readonly GraphLandmark[])[];
    readonly worldLandmarks: readonly (readonly GraphLandmark[])[];
  };
  close(): void;
}

export interface PoseGraphOptions {
  /** The bytes of a `.task` file. */
  readonly bundle: Uint8Array;
  readonly maxPoses: number;
  /** 0..1 */
  readonly minPresence: number;
}

/** What the bundle expects a page's script to have left behind. */
interface PageGlobals {
  self?: unknown;
  ModuleFactory?: (module: EmscriptenModule) => unknown;
  /** Where its log goes; the console, unless told otherwise. */
  custom_dbg?: (line: string) => void;
}

interface EmscriptenModule {
  print?: (line: string) => void;
  printErr?: (line: string) => void;
}

interface TasksVision {
  readonly PoseLandmarker: {
    createFromOptions(
      files: { readonly wasmLoaderPath: string; readonly wasmBinaryPath: string },
      options: object,
    ): Promise<PoseGraph>;
  };
}

/**
 * Starts a graph for single pictures; 0.3 to 0.6 s. Nothing is fetched: version 0.10.35 is pinned, since later ones post usage metrics.
 * @param onMessage called with each line the graph prints; it is silent otherwise
 */
export async function startPoseGraph(
  { bundle, maxPoses, minPresence }: PoseGraphOptions,
  onMessage: (line: string) => void,
): Promise<PoseGraph> {
  const require = createRequire(import.meta.url);
  const load = async <T>(file: string) => (await import(pathToFileURL(require.resolve(file)).href)) as T;
  const page = globalThis as PageGlobals;
  page.self ??= globalThis;
  const { PoseLandmarker } = await load<TasksVision>(PACKAGE);
  const loader = await load<{ default: NonNullable<PageGlobals['ModuleFactory']> }>(
    `${PACKAGE}/vision_wasm_module_internal.js`,
  );
  page.custom_dbg = onMessage;
  page.ModuleFactory = (module) =>
    loader.default(Object.assign(module, { print: onMessage, printErr: onMessage }));
  return PoseLandmarker.createFromOptions(
    // An empty path: the loader is here already.
    {
      wasmLoaderPath: '',
      wasmBinaryPath: require.resolve(`${PACKAGE}/vision_wasm_module_internal.wasm`),
    },
    {
      baseOptions: { modelAssetBuffer: bundle, delegate: 'CPU' },
      runningMode: 'IMAGE',
      numPoses: maxPoses,
      minPosePresenceConfidence: minPresence,
      canvas: softwareCanvas(),
    },
  );
}
