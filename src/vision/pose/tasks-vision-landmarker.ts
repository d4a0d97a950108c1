/** The reference pose engine: MediaPipe's own graph behind the worker's interface, kept alive through errors it does not survive. */
import { WorkerError } from '../../errors.ts';
import type { Tlwh } from '../../geometry/box.ts';
import type { PoseLandmark, WorldLandmark } from '../../geometry/landmarks.ts';
import type { RgbImage } from '../../geometry/rgb-image.ts';
import { requireRgbImage } from '../rgb-image-check.ts';
import { boxAroundLandmarks } from './pose-box.ts';
import { type Pose, type PoseLandmarker, toPose } from './pose-landmarker.ts';
import { explainsFace, oneSkeletonPerBody } from './same-body.ts';
import type { RgbaImage } from './software-texture.ts';
import {
  type GraphLandmark,
  type PoseGraph,
  type PoseGraphOptions,
  startPoseGraph,
} from './tasks-vision-graph.ts';

/** How many of the graph's last lines an error quotes. */
const QUOTED_LINES = 3;

/**
 * Blocks the thread for 50 to 70 ms a picture. It looks at the bodies its detector sees and at no others: faces only tell skeletons
 * of one body apart. The graph tells neither a body's presence score nor the presence of landmarks: the confidence of a pose is the
 * mean visibility of its landmarks, at least the threshold it has passed, and a landmark's presence is its visibility, which it
 * cannot be below.
 */
export class TasksVisionPoseLandmarker implements PoseLandmarker {
  readonly #options: PoseGraphOptions;
  readonly #messages: string[];
  /** Null after an error, until the next picture. */
  #graph: PoseGraph | null;

  private constructor(options: PoseGraphOptions, graph: PoseGraph, messages: string[]) {
    this.#options = options;
    this.#graph = graph;
    this.#messages = messages;
  }

  /** @throws WorkerError MODEL_INVALID when the bundle is none the graph can use */
  static async load(options: PoseGraphOptions): Promise<TasksVisionPoseLandmarker> {
    const messages: string[] = [];
    const graph = await start(options, messages);
    return new TasksVisionPoseLandmarker(options, graph, messages);
  }

  /** @throws WorkerError INTERNAL for a malformed picture, or when the graph fails; the next call starts a fresh one */
  async detect(image: RgbImage, faceHints: readonly Tlwh[]): Promise<Pose[]> {
    requireRgbImage(image);
    this.#graph ??= await start(this.#options, this.#messages);
    const { landmarks, worldLandmarks } = this.#run(this.#graph, toRgba(image));
    const claims = landmarks.flatMap((points, person) => {
      const skeleton = inPixels(points, worldLandmarks[person] ?? [], image);
      const box = boxAroundLandmarks(skeleton.landmarks, image);
      if (box === null) return [];
      const face = faceHints.find((hint) => explainsFace(skeleton, hint)) ?? null;
      return [{ box, confidence: this.#confidence(points), ...skeleton, face }];
    });
    return oneSkeletonPerBody(claims).map(toPose);
  }

  async close(): Promise<void> {
    this.#graph?.close();
    this.#graph = null;
  }

  #run(graph: PoseGraph, image: RgbaImage): ReturnType<PoseGraph['detect']> {
    try {
      return graph.detect(image);
    } catch (cause) {
      // One error poisons a graph for good; after an abort even closing it waits forever. Its memory goes with the last reference.
      this.#graph = null;
      throw new WorkerError(
        'INTERNAL',
        `MediaPipe failed on a picture of ${image.width}x${image.height}, and is started afresh: ${reason(cause, this.#messages)}`,
        { cause },
      );
    }
  }

  #confidence(points: readonly GraphLandmark[]): number {
    const mean = points.reduce((sum, { visibility }) => sum + visibility, 0) / points.length;
    return Math.max(this.#options.minPresence, mean);
  }
}

async function start(options: PoseGraphOptions, messages: string[]): Promise<PoseGraph> {
  const remember = (line: string) => {
    messages.push(line);
    if (messages.length > QUOTED_LINES) messages.shift();
  };
  try {
    return await startPoseGraph(options, remember);
  } catch (cause) {
    throw new WorkerError(
      'MODEL_INVALID',
      `MediaPipe cannot start with this pose bundle; build it with npm run models:build -- lite --bundle: ${reason(cause, messages)}`,
      { cause },
    );
  }
}

function reason(cause: unknown, messages: readonly string[]): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return [text, ...messages].join('; ').replaceAll(/\s+/g, ' ');
}

function toRgba({ width, height, data }: RgbImage): RgbaImage {
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from] ?? 0;
    rgba[to + 1] = data[from + 1] ?? 0;
    rgba[to + 2] = data[from + 2] ?? 0;
  }
  return { width, height, data: rgba };
}

/** Pixels instead of fractions; what lies outside the picture is not seen. */
function inPixels(
  points: readonly GraphLandmark[],
  worldPoints: readonly GraphLandmark[],
  { width, height }: RgbImage,
): { landmarks: PoseLandmark[]; worldLandmarks: WorldLandmark[] } {
  const landmarks = points.map(({ x, y, z, visibility }) => {
    const seen = x >= 0 && x < 1 && y >= 0 && y < 1 ? visibility : 0;
    return { x: x * width, y: y * height, z: z * width, visibility: seen, presence: seen };
  });
  const worldLandmarks = worldPoints.map(({ x, y, z }, index) => {
    const { visibility, presence } = landmarks[index] ?? { visibility: 0, presence: 0 };
    return { x, y, z, visibility, presence };
  });
  return { landmarks, worldLandmarks };
}
