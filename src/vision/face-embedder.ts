/** Turns faces into unit-length vectors: near for one person, far for two. */
import { WorkerError } from '../errors.ts';
import type { RgbImage } from '../geometry/rgb-image.ts';
import type { LoadedModel, ModelDescription } from '../inference/model-store.ts';
import { type CropFormat, cropLength, writeAlignedFace } from './aligned-crop.ts';
import { alignedToPicture, landmarksFromBox, TEMPLATE_SIDE } from './face-alignment.ts';
import type { FaceDetection } from './face-detector.ts';
import { requireRgbImage } from './rgb-image-check.ts';

/** Faces of one inference where the network allows it; bounds the memory a crowd takes. */
const MAX_BATCH = 8;

/** Taken where the manifest says nothing: pixels from 0 to 1. */
const DEFAULT_NORMALISATION: Pick<CropFormat, 'mean' | 'std'> = { mean: [0, 0, 0], std: [1, 1, 1] };

const UNKNOWN =
  'is not described in the model manifest: its pixels are taken as 0 to 1 and its identities by a usual distance; say what it wants with npm run models -- add';

/** Grey of the blank picture: for a black one a sound network might answer zeros. */
const GREY = 114;

/** Below this length a vector has no direction. */
const MIN_LENGTH = 1e-12;

/** Embeds on the calling thread, one picture at a time. */
export class FaceEmbedder {
  readonly description: ModelDescription;
  readonly #session: LoadedModel['session'];
  readonly #format: CropFormat;
  readonly #inputName: string;
  readonly #batch: number;
  /** Whether the network takes that many faces only. */
  readonly #isBatchFixed: boolean;
  readonly #tensor: Float32Array;

  private constructor({ session, description, preprocessing, thresholds }: LoadedModel) {
    const [input] = description.inputs;
    const batch = input?.shape[0];
    const isKnown = preprocessing !== null && thresholds.maxCosineDistance !== undefined;
    this.description = isKnown ? description : { ...description, warning: UNKNOWN };
    this.#session = session;
    this.#format = { ...(preprocessing ?? DEFAULT_NORMALISATION), ...squareOf(input?.shape ?? []) };
    this.#inputName = input?.name ?? '';
    this.#isBatchFixed = typeof batch === 'number';
    this.#batch = typeof batch === 'number' ? batch : MAX_BATCH;
    this.#tensor = new Float32Array(this.#batch * cropLength(this.#format));
  }

  /**
   * Runs the network once on a blank picture, so that one that gives no vectors is refused before the first video. With two faces,
   * because the batch of 1 of a careless export fails with the second only.
   * @param model opened with the role face-embedder; the embedder closes it
   * @throws WorkerError MODEL_INVALID
   */
  static async load(model: LoadedModel): Promise<FaceEmbedder> {
    const embedder = new FaceEmbedder(model);
    const side = TEMPLATE_SIDE;
    const blank = { width: side, height: side, data: new Uint8Array(3 * side * side).fill(GREY) };
    const face = { box: { x: 0, y: 0, ...blank }, landmarks: null };
    await embedder.embed(blank, [face, face]);
    return embedder;
  }

  /**
   * One vector for each face, in their order. Faces without landmarks are aligned by their box: a weaker identity.
   * @throws WorkerError MODEL_INVALID when the network gives NaN, a vector without direction, or not one for each face
   */
  async embed(
    image: RgbImage,
    faces: readonly Pick<FaceDetection, 'box' | 'landmarks'>[],
  ): Promise<Float32Array[]> {
    requireRgbImage(image);
    const embeddings: Float32Array[] = [];
    for (let start = 0; start < faces.length; start += this.#batch) {
      embeddings.push(...(await this.#embedBatch(image, faces.slice(start, start + this.#batch))));
    }
    return embeddings;
  }

  /** Frees the network. */
  async close(): Promise<void> {
    await this.#session.close();
  }

  async #embedBatch(
    image: RgbImage,
    faces: readonly Pick<FaceDetection, 'box' | 'landmarks'>[],
  ): Promise<Float32Array[]> {
    const { side, isPlanar } = this.#format;
    const length = cropLength(this.#format);
    faces.forEach(({ box, landmarks }, i) => {
      const transform = alignedToPicture(landmarks ?? landmarksFromBox(box), side);
      writeAlignedFace(image, transform, this.#format, this.#tensor, i * length);
    });
    const count = this.#isBatchFixed ? this.#batch : faces.length;
    const data = this.#tensor.subarray(0, count * length);
    const shape = isPlanar ? [count, 3, side, side] : [count, side, side, 3];
    const outputs = await this.#session.run({ [this.#inputName]: { data, shape } });
    const [output] = Object.values(outputs);
    if (output === undefined) throw new WorkerError('MODEL_INVALID', 'the face embedder gave no output');
    if (output.shape[0] !== count) {
      throw new WorkerError(
        'MODEL_INVALID',
        `the face embedder gave an output of shape [${output.shape.join(', ')}] for ${count} faces`,
      );
    }
    const dimensions = output.data.length / count;
    return faces.map((_, i) => unitLength(output.data.slice(i * dimensions, (i + 1) * dimensions)));
  }
}

/** The square of an input [batch, 3, side, side] or [batch, side, side, 3]; where its size is left open, the usual one. */
function squareOf([, first, side, last]: readonly (number | string)[]): Pick<
  CropFormat,
  'side' | 'isPlanar'
> {
  return { side: typeof side === 'number' ? side : TEMPLATE_SIDE, isPlanar: first === 3 || last !== 3 };
}

function unitLength(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  if (length < MIN_LENGTH) {
    throw new WorkerError(
      'MODEL_INVALID',
      'the face embedder gave a vector of zeros; restore or re-export it',
    );
  }
  return vector.map((value) => value / length);
}
