/**
 * Follows one person through the neighbouring frames of a film as MediaPipe does in video mode: the next region comes from the last
 * landmarks, and everything is smoothed. The worker samples too sparsely for that; Google's published results for films need it.
 */
import type { PoseLandmark, WorldLandmark } from '../src/geometry/landmarks.ts';
import type { RgbImage } from '../src/geometry/rgb-image.ts';
import type { BlazePoseNetworks } from '../src/vision/pose/blazepose-networks.ts';
import { type BodyRegion, regionFromAlignment } from '../src/vision/pose/body-region.ts';
import { LandmarkSmoothing } from './landmark-smoothing.ts';

/** Parameters of pose_landmarks_smoothing: of the landmarks, of the points the next region comes from, and of the metres. */
const LANDMARKS = { minCutoffHz: 0.05, beta: 80 };
const ALIGNMENT = { minCutoffHz: 0.01, beta: 10 };
const WORLD = { minCutoffHz: 0.1, beta: 40 };

const MIN_PRESENCE = 0.5;

export interface FilmedPose {
  readonly landmarks: readonly PoseLandmark[];
  readonly worldLandmarks: readonly WorldLandmark[];
}

export class PoseFilm {
  readonly #networks: BlazePoseNetworks;
  #region: BodyRegion | null = null;
  #landmarks = new LandmarkSmoothing(LANDMARKS);
  #alignment = new LandmarkSmoothing(ALIGNMENT);
  #world = new LandmarkSmoothing(WORLD);

  constructor(networks: BlazePoseNetworks) {
    this.#networks = networks;
  }

  /** The person in the next frame; null, and everything forgotten, when nobody is seen. Timestamps rise. */
  async next(image: RgbImage, timestampMs: number): Promise<FilmedPose | null> {
    const region = this.#region ?? (await this.#networks.sight(image))[0]?.region;
    const body = region === undefined ? null : await this.#networks.lookAt(image, region);
    if (region === undefined || body === null || body.confidence < MIN_PRESENCE) {
      this.#forget();
      return null;
    }
    const flat = [body.hips, body.rim].map((point) => ({ ...point, z: 0 }));
    const [hips, rim] = this.#alignment.smooth(flat, timestampMs, region.side);
    this.#region = hips && rim ? regionFromAlignment(hips, rim) : null;
    return {
      landmarks: this.#landmarks.smooth(body.landmarks, timestampMs, region.side),
      worldLandmarks: this.#world.smooth(body.worldLandmarks, timestampMs, 1),
    };
  }

  #forget(): void {
    this.#region = null;
    this.#landmarks = new LandmarkSmoothing(LANDMARKS);
    this.#alignment = new LandmarkSmoothing(ALIGNMENT);
    this.#world = new LandmarkSmoothing(WORLD);
  }
}
