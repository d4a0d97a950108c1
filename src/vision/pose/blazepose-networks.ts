/** BlazePose's two networks with MediaPipe's arithmetic around them: where bodies are, and what one of them looks like. */
import type { Tlwh } from '../../geometry/box.ts';
import type { RgbImage } from '../../geometry/rgb-image.ts';
import type { LoadedModel } from '../../inference/model-store.ts';
import { anchorCentres, DETECTOR_INPUT_SIDE, decodeBodyDetections } from './body-detections.ts';
import { type BodyRegion, fromRegion, regionFromAlignment, regionOfPicture } from './body-region.ts';
import { decodeSkeleton, LANDMARKS_INPUT_SIDE, type Skeleton } from './landmark-decoder.ts';
import { RegionNetwork } from './region-network.ts';
import type { WarpOptions } from './warp-region.ts';

/** Least score of a body the detector found, where the manifest does not say; MediaPipe's default. */
const USUAL_MIN_SCORE = 0.5;

/** Side of the first, blank picture in pixels. Some lie amid others: what is compiled for none that does is compiled anew for the first frame. */
const BLANK_SIDE = 32;

const DETECTOR_WARP: WarpOptions = { inputSide: DETECTOR_INPUT_SIDE, range: [-1, 1], border: 'black' };
const LANDMARKS_WARP: WarpOptions = { inputSide: LANDMARKS_INPUT_SIDE, range: [0, 1], border: 'replicate' };

/** A body the detector saw: where to look at it, and where its head should turn up; pixels of the picture. */
export interface Sighting {
  readonly region: BodyRegion;
  readonly head: Tlwh;
}

/** What the landmark network saw in a region, whether or not that was a body. */
export interface SeenBody extends Skeleton {
  /** The network's own word on whether it looked at a body, 0..1. */
  readonly confidence: number;
}

/** Runs on the calling thread; wait for one call to end before the next. */
export class BlazePoseNetworks {
  readonly #detector: RegionNetwork<readonly [boxes: Float32Array, scores: Float32Array]>;
  readonly #landmarks: RegionNetwork<
    readonly [landmarks: Float32Array, presence: Float32Array, heatmap: Float32Array, world: Float32Array]
  >;
  readonly #anchors = anchorCentres();
  readonly #minScore: number;

  private constructor(detectorModel: LoadedModel, landmarksModel: LoadedModel) {
    this.#detector = new RegionNetwork(detectorModel, DETECTOR_WARP);
    this.#landmarks = new RegionNetwork(landmarksModel, LANDMARKS_WARP);
    this.#minScore = detectorModel.thresholds.minScore ?? USUAL_MIN_SCORE;
  }

  /**
   * Runs both networks once on a blank picture: a damaged one is refused before the first video, and the first frame is not slow.
   * @param detectorModel opened with the role pose-detector; closed with these networks
   * @param landmarksModel opened with the role pose-landmarks; closed with these networks
   * @throws WorkerError MODEL_INVALID
   */
  static async load(detectorModel: LoadedModel, landmarksModel: LoadedModel): Promise<BlazePoseNetworks> {
    const networks = new BlazePoseNetworks(detectorModel, landmarksModel);
    const blank = { width: BLANK_SIDE, height: BLANK_SIDE, data: new Uint8Array(3 * BLANK_SIDE ** 2) };
    await networks.sight(blank);
    await networks.lookAt(blank, regionOfPicture(blank));
    return networks;
  }

  /** The bodies the detector sees in the whole picture, surest first. */
  async sight(image: RgbImage): Promise<Sighting[]> {
    const whole = regionOfPicture(image);
    const [boxes, scores] = await this.#detector.run(image, whole);
    return decodeBodyDetections(boxes, scores, this.#anchors, this.#minScore).map(({ hips, rim, box }) => ({
      region: regionFromAlignment(fromRegion(whole, hips.x, hips.y), fromRegion(whole, rim.x, rim.y)),
      head: {
        ...fromRegion(whole, box.x, box.y),
        width: box.width * whole.side,
        height: box.height * whole.side,
      },
    }));
  }

  /** The body in a region: there always is an answer, and its confidence tells what it is worth. */
  async lookAt(image: RgbImage, region: BodyRegion): Promise<SeenBody> {
    const [landmarks, [confidence = 0], heatmap, world] = await this.#landmarks.run(image, region);
    return { confidence, ...decodeSkeleton({ landmarks, heatmap, world }, region, image) };
  }

  async close(): Promise<void> {
    await Promise.all([this.#detector.close(), this.#landmarks.close()]);
  }
}
