/** The default pose engine: finds every visible person with BlazePose's networks, led by bodies and by faces. */
import type { Tlwh } from '../../geometry/box.ts';
import type { RgbImage } from '../../geometry/rgb-image.ts';
import type { LoadedModel } from '../../inference/model-store.ts';
import { requireRgbImage } from '../rgb-image-check.ts';
import { BlazePoseNetworks, type SeenBody } from './blazepose-networks.ts';
import { withBodiesBelowFaces } from './bodies-below-faces.ts';
import { type BodyRegion, boxAroundRegion } from './body-region.ts';
import { FaceCover } from './face-cover.ts';
import { isHeadAlone, isHeadless, isNotWhatWasSeen, isWornBy } from './false-body.ts';
import { boxAroundLandmarks } from './pose-box.ts';
import { type FaceHint, type Pose, type PoseLandmarker, toPose } from './pose-landmarker.ts';
import { type Claim, faceOfHead, oneSkeletonPerBody, withItsFace } from './same-body.ts';
import { withoutBorrowed } from './shared-bones.ts';

export interface BlazePoseOptions {
  /** Opened with the role pose-detector; the landmarker closes it. */
  readonly detectorModel: LoadedModel;
  /** Opened with the role pose-landmarks; the landmarker closes it. */
  readonly landmarksModel: LoadedModel;
  /** Least presence score of a reported body, 0..1. */
  readonly minPresence: number;
  /** Most bodies in one picture: the surest the detector sees, then those of the surely seen faces, the largest first. */
  readonly maxPoses: number;
}

/** A skeleton the network is sure of, before it is known whose it is. */
type Candidate = Pose & SeenBody;

/** A skeleton, and the face it has. */
type FoundBody = Candidate & Claim;

/**
 * Detects on the calling thread, one picture at a time (wait for one call to end before the next), in MediaPipe's single-image mode:
 * sampled frames lie too far apart for its tracking and smoothing.
 *
 * Bodies are looked for where the detector sees one, then below each face no skeleton has claimed yet: the detector sees 224 pixels
 * of the whole picture and misses most people in wide shots. Meanwhile everybody else's face is covered, below a face also the bodies
 * found so far, and a skeleton stays only when it is the body that was sought: it has the face that led to it, or the head the
 * detector saw, and its shoulders are none of the others' faces. Otherwise it is a neighbour's, lies across two people, or is none
 * (false-body.ts). What it has from a neighbour even so is told unseen (shared-bones.ts).
 *
 * A person costs one pass of the landmark network; only a face whose body that pass did not show is looked below again: closer, with no
 * body covered, and to either side. On fifteen films at two frames a second, 945 passes showed 903 bodies.
 */
export class BlazePoseLandmarker implements PoseLandmarker {
  readonly #networks: BlazePoseNetworks;
  readonly #minPresence: number;
  readonly #maxPoses: number;
  readonly #cover = new FaceCover();

  private constructor(networks: BlazePoseNetworks, { minPresence, maxPoses }: BlazePoseOptions) {
    this.#networks = networks;
    this.#minPresence = minPresence;
    this.#maxPoses = maxPoses;
  }

  /** @throws WorkerError MODEL_INVALID */
  static async load(options: BlazePoseOptions): Promise<BlazePoseLandmarker> {
    const networks = await BlazePoseNetworks.load(options.detectorModel, options.landmarksModel);
    return new BlazePoseLandmarker(networks, options);
  }

  /** @throws WorkerError MODEL_INVALID when a network gives NaN, INTERNAL for a malformed picture */
  async detect(image: RgbImage, faceHints: readonly FaceHint[]): Promise<Pose[]> {
    requireRgbImage(image);
    this.#cover.begin(image, faceHints);
    const sighted: FoundBody[] = [];
    for (const { region, head } of await this.#networks.sight(image)) {
      if (sighted.length >= this.#maxPoses) break;
      if (isHeadAlone(head, region)) continue;
      const expected = faceOfHead(head, faceHints);
      const candidate = await this.#lookAt(region, expected);
      if (candidate === null || isNotWhatWasSeen(candidate, region, head)) continue;
      const body = withItsFace(candidate, faceHints);
      if (body !== null) sighted.push(body);
    }
    const people = await withBodiesBelowFaces(sighted, {
      faces: faceHints,
      maxPoses: this.#maxPoses,
      lookAt: async (region, face, patches) => {
        const candidate = await this.#lookAt(region, face, patches);
        return candidate === null || isHeadless(candidate) ? null : candidate;
      },
      settle: oneLivingSkeletonPerBody,
    });
    return people.map((body) => {
      const others = people.filter((other) => other !== body);
      return toPose(withoutBorrowed(body, others, image));
    });
  }

  async close(): Promise<void> {
    await this.#networks.close();
  }

  /** The body in a region, with all faces but one and `patches` covered; null when the network sees none, or none of it in the picture. */
  async #lookAt(
    region: BodyRegion,
    spared: Tlwh | null,
    patches: readonly Tlwh[] = [],
  ): Promise<Candidate | null> {
    const picture = this.#cover.sparing(spared, boxAroundRegion(region), patches);
    const body = await this.#networks.lookAt(picture, region);
    const box = boxAroundLandmarks(body.landmarks, picture);
    return box === null || body.confidence < this.#minPresence ? null : { ...body, box };
  }
}

function oneLivingSkeletonPerBody<T extends Claim>(found: readonly T[]): T[] {
  const bodies = oneSkeletonPerBody(found);
  return bodies.filter((body) => !bodies.some((other) => isWornBy(body, other)));
}
