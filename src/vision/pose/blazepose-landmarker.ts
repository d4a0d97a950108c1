/** The default pose engine: BlazePose's two networks on ONNX Runtime, MediaPipe's graph around them, one pass per person. */
import type { Tlwh } from '../../geometry/box.ts';
import type { RgbImage } from '../../geometry/rgb-image.ts';
import type { LoadedModel } from '../../inference/model-store.ts';
import { requireRgbImage } from '../rgb-image-check.ts';
import { anchorCentres, DETECTOR_INPUT_SIDE, decodeBodyDetections } from './body-detections.ts';
import {
  type BodyRegion,
  fromRegion,
  regionFromAlignment,
  regionFromFace,
  regionOfPicture,
} from './body-region.ts';
import { coverFaces } from './cover-faces.ts';
import { decodeSkeleton, LANDMARKS_INPUT_SIDE, type Skeleton } from './landmark-decoder.ts';
import { boxAroundLandmarks } from './pose-box.ts';
import { type Pose, type PoseLandmarker, toPose } from './pose-landmarker.ts';
import { RegionNetwork } from './region-network.ts';
import { type Claim, explainsFace, faceOfHead, hasStrayed, oneSkeletonPerBody } from './same-body.ts';
import type { WarpOptions } from './warp-region.ts';

export interface BlazePoseOptions {
  /** Opened with the role pose-detector; the landmarker closes it. */
  readonly detectorModel: LoadedModel;
  /** Opened with the role pose-landmarks; the landmarker closes it. */
  readonly landmarksModel: LoadedModel;
  /** Least presence score of a reported body, 0..1. */
  readonly minPresence: number;
  /** Most bodies in one picture: the surest the detector sees, then the largest faces. */
  readonly maxPoses: number;
}

/** Least score of a body the detector found; MediaPipe's default. */
const MIN_DETECTION_SCORE = 0.5;

const DETECTOR_WARP: WarpOptions = { inputSide: DETECTOR_INPUT_SIDE, range: [-1, 1], border: 'black' };
const LANDMARKS_WARP: WarpOptions = { inputSide: LANDMARKS_INPUT_SIDE, range: [0, 1], border: 'replicate' };

/** A body the detector saw: where to look at it, and where its head should turn up; pixels of the picture. */
interface Sighting {
  readonly region: BodyRegion;
  readonly head: Tlwh;
}

/** A skeleton the network is sure of, before it is known whose it is. */
type Candidate = Pose & Skeleton;

/**
 * Detects on the calling thread, one picture at a time (wait for one call to end before the next), in MediaPipe's single-image mode:
 * sampled frames lie too far apart for its tracking and smoothing.
 *
 * Bodies are looked for where the detector sees one, then below each face no skeleton has claimed yet: the detector sees 224 pixels
 * of the whole picture and misses most people in wide shots. A skeleton stays when the landmark network is sure of a body, and when
 * it is the body that was sought: it has the face that led to it, or the head the detector saw. Otherwise it is a neighbour's, or
 * lies across two people. Most people cost one pass of the landmark network; a face in a crowd may cost a second, closer look.
 */
export class BlazePoseLandmarker implements PoseLandmarker {
  readonly #detector: RegionNetwork<readonly [boxes: Float32Array, scores: Float32Array]>;
  readonly #landmarks: RegionNetwork<
    readonly [landmarks: Float32Array, presence: Float32Array, heatmap: Float32Array, world: Float32Array]
  >;
  readonly #minPresence: number;
  readonly #maxPoses: number;
  readonly #anchors = anchorCentres();

  private constructor({ detectorModel, landmarksModel, minPresence, maxPoses }: BlazePoseOptions) {
    this.#detector = new RegionNetwork(detectorModel, DETECTOR_WARP);
    this.#landmarks = new RegionNetwork(landmarksModel, LANDMARKS_WARP);
    this.#minPresence = minPresence;
    this.#maxPoses = maxPoses;
  }

  /**
   * Runs both networks once on a blank picture: a damaged one is refused before the first video, and the first frame is not slow.
   * @throws WorkerError MODEL_INVALID
   */
  static async load(options: BlazePoseOptions): Promise<BlazePoseLandmarker> {
    const landmarker = new BlazePoseLandmarker(options);
    const blank = { width: 1, height: 1, data: new Uint8Array(3) };
    await landmarker.#sight(blank);
    await landmarker.#lookAt(blank, regionOfPicture(blank));
    return landmarker;
  }

  /** @throws WorkerError MODEL_INVALID when a network gives NaN, INTERNAL for a malformed picture */
  async detect(image: RgbImage, faceHints: readonly Tlwh[]): Promise<Pose[]> {
    requireRgbImage(image);
    const found: (Candidate & Claim)[] = [];
    for (const { region, head } of await this.#sight(image)) {
      if (found.length >= this.#maxPoses) break;
      const expected = faceOfHead(head, faceHints);
      const candidate = await this.#lookAt(coverFaces(image, faceHints, expected), region);
      if (candidate === null || hasStrayed(candidate, region, head)) continue;
      const face = faceHints.find((hint) => explainsFace(candidate, hint)) ?? null;
      found.push({ ...candidate, face });
    }
    for (const face of faceHints.toSorted((a, b) => b.height - a.height)) {
      if (found.length >= this.#maxPoses) break;
      if (found.some((claim) => explainsFace(claim, face))) continue;
      const candidate = await this.#lookAt(coverFaces(image, faceHints, face), regionFromFace(face));
      if (candidate !== null && explainsFace(candidate, face)) found.push({ ...candidate, face });
    }
    return oneSkeletonPerBody(found).map(toPose);
  }

  async close(): Promise<void> {
    await Promise.all([this.#detector.close(), this.#landmarks.close()]);
  }

  /** The bodies the detector sees, surest first. */
  async #sight(image: RgbImage): Promise<Sighting[]> {
    const whole = regionOfPicture(image);
    const [boxes, scores] = await this.#detector.run(image, whole);
    return decodeBodyDetections(boxes, scores, this.#anchors, MIN_DETECTION_SCORE).map(
      ({ hips, rim, box }) => ({
        region: regionFromAlignment(fromRegion(whole, hips.x, hips.y), fromRegion(whole, rim.x, rim.y)),
        head: {
          ...fromRegion(whole, box.x, box.y),
          width: box.width * whole.side,
          height: box.height * whole.side,
        },
      }),
    );
  }

  /** The body in a region; null when the network sees none there, or none of it lies in the picture. */
  async #lookAt(image: RgbImage, region: BodyRegion): Promise<Candidate | null> {
    const [landmarks, [confidence = 0], heatmap, world] = await this.#landmarks.run(image, region);
    if (confidence < this.#minPresence) return null;
    const skeleton = decodeSkeleton({ landmarks, heatmap, world }, region, image);
    const box = boxAroundLandmarks(skeleton.landmarks, image);
    return box === null ? null : { box, confidence, ...skeleton };
  }
}
