/** The reference pose engine: MediaPipe's own graph behind the worker's interface, kept alive through errors it does not survive. */
import { WorkerError } from '../../errors.ts';
import type { PoseLandmark, WorldLandmark } from '../../geometry/landmarks.ts';
import type { RgbImage } from '../../geometry/rgb-image.ts';
import { requireRgbImage } from '../rgb-image-check.ts';
import { withBodiesBelowFaces } from './bodies-below-faces.ts';
import { boxAroundRegion } from './body-region.ts';
import { FaceCover } from './face-cover.ts';
import { type PixelWindow, pixelWindow } from './pixel-window.ts';
import { boxAroundLandmarks } from './pose-box.ts';
import { type FaceHint, type Pose, type PoseLandmarker, toPose } from './pose-landmarker.ts';
import { RgbaBuffer } from './rgba-buffer.ts';
import { type Claim, explainsFace, oneSkeletonPerBody, withItsFace } from './same-body.ts';
import type { RgbaImage } from './software-texture.ts';
import {
  type GraphLandmark,
  type PoseGraph,
  type PoseGraphOptions,
  startPoseGraph,
} from './tasks-vision-graph.ts';

type FoundBody = Pose & Claim;

/** How many of the graph's last lines an error quotes. */
const QUOTED_LINES = 3;

/**
 * Blocks the thread for 40 to 70 ms a look, 160 with the heavy network: one at the whole picture, and up to five at the surroundings of each face it found no body
 * for (bodies-below-faces.ts), while everybody else's face is covered. The graph tells neither a body's presence score nor the presence of landmarks: the
 * confidence of a pose is the mean visibility of its landmarks, at least the threshold it has passed, and a landmark's presence is its
 * visibility, which it cannot be below.
 */
export class TasksVisionPoseLandmarker implements PoseLandmarker {
  readonly #options: PoseGraphOptions;
  readonly #messages: string[];
  readonly #cover = new FaceCover();
  readonly #rgba = new RgbaBuffer();
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
  async detect(image: RgbImage, faceHints: readonly FaceHint[]): Promise<Pose[]> {
    requireRgbImage(image);
    this.#cover.begin(image, faceHints);
    this.#graph ??= await start(this.#options, this.#messages);
    const graph = this.#graph;
    const sighted = this.#look(graph, image, wholeOf(image)).flatMap(
      (pose): FoundBody[] | FoundBody => withItsFace(pose, faceHints) ?? [],
    );
    const people = await withBodiesBelowFaces(sighted, {
      faces: faceHints,
      maxPoses: this.#options.maxPoses,
      lookAt: async (region, face, patches) => {
        const box = boxAroundRegion(region);
        const window = pixelWindow(box, image);
        if (window === null) return null;
        const bodies = this.#look(graph, this.#cover.sparing(face, box, patches), window);
        return bodies.find((body) => explainsFace(body, face)) ?? null;
      },
      settle: oneSkeletonPerBody,
    });
    return people.map(toPose);
  }

  async close(): Promise<void> {
    this.#graph?.close();
    this.#graph = null;
  }

  /** The bodies in a window, in pixels of the whole picture. */
  #look(graph: PoseGraph, picture: RgbImage, window: PixelWindow): Pose[] {
    const { landmarks, worldLandmarks } = this.#run(graph, this.#rgba.write(picture, window));
    return landmarks.flatMap((points, person) => {
      const skeleton = inPixels(points, worldLandmarks[person] ?? [], window, picture);
      const box = boxAroundLandmarks(skeleton.landmarks, picture);
      return box === null ? [] : [{ box, confidence: this.#confidence(points), ...skeleton }];
    });
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

/** Pixels of the picture instead of fractions of the window; what lies outside the picture is not seen. */
function inPixels(
  points: readonly GraphLandmark[],
  worldPoints: readonly GraphLandmark[],
  { left, top, width, height }: PixelWindow,
  picture: RgbImage,
): { landmarks: PoseLandmark[]; worldLandmarks: WorldLandmark[] } {
  const landmarks = points.map((point) => {
    const x = left + point.x * width;
    const y = top + point.y * height;
    const seen = x >= 0 && x < picture.width && y >= 0 && y < picture.height ? point.visibility : 0;
    return { x, y, z: point.z * width, visibility: seen, presence: seen };
  });
  const worldLandmarks = worldPoints.map(({ x, y, z }, index) => {
    const { visibility, presence } = landmarks[index] ?? { visibility: 0, presence: 0 };
    return { x, y, z, visibility, presence };
  });
  return { landmarks, worldLandmarks };
}

function wholeOf({ width, height }: RgbImage): PixelWindow {
  return { left: 0, top: 0, width, height };
}
