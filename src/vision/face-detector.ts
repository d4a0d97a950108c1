/** Finds faces in a picture with any YOLOv8-face network. */
import { WorkerError } from '../errors.ts';
import { clipToPicture, type Point, type Size, type Tlwh } from '../geometry/box.ts';
import type { RgbImage } from '../geometry/rgb-image.ts';
import type { LoadedModel, ModelDescription } from '../inference/model-store.ts';
import type { FloatTensor } from '../inference/onnx-session.ts';
import { Letterbox, rectangularCanvas, STRIDE } from './letterbox.ts';
import { mergePasses, suppressNonMaxima } from './non-max-suppression.ts';
import { requireRgbImage } from './rgb-image-check.ts';
import { isCutByTile, planTiles, usefulLongSide } from './tile-plan.ts';
import { decodeYoloFaces, hasLandmarkRows } from './yolo-output.ts';

/** A face in pixels of the picture it was found in. */
export interface FaceDetection {
  /** Clipped to the picture. */
  readonly box: Tlwh;
  /** 0..1 */
  readonly confidence: number;
  /** Left eye, right eye, nose, left and right mouth corner (image left/right), not clipped; null from networks without landmarks. */
  readonly landmarks: readonly Point[] | null;
}

/** `auto` looks a second time, tile by tile, at pictures at least four times as long as the network's input. */
export type FaceTiles = 'off' | 'auto';

export interface FaceDetectorOptions {
  /** Least confidence of a reported face, 0..1; 0.5 by default. */
  readonly confidenceThreshold?: number;
  /** Long side of the network's input in pixels, a multiple of 32; 640 by default. Networks of a fixed size ignore it. */
  readonly inputSize?: number;
  /** `off` by default. */
  readonly tiles?: FaceTiles;
}

/** More in one pass are no faces, but a threshold near 0; Ultralytics' max_det. */
const MAX_FACES = 300;

/** Overlap (IoU) above which two boxes of one pass are one face, for networks whose manifest does not say. */
const USUAL_MAX_OVERLAP = 0.6;

/** Boxes of two passes are one face when the smaller is covered this far. */
const MAX_COVER_BETWEEN_PASSES = 0.6;

const NO_LANDMARKS =
  'gives boxes without landmarks: faces cannot be aligned, so that identities are less sure';

/** Size of the first, blank picture. It costs next to nothing, and no coarser stride than ours fits into its sides. */
const WARM_UP: Size = { width: 5 * STRIDE, height: 3 * STRIDE };

type Pass = 'picture' | 'tile';

interface Prepared {
  readonly letterbox: Letterbox;
  /** The network's input; only the picture inside the letterbox changes from frame to frame. */
  readonly tensor: Float32Array;
}

/** Detects on the calling thread, one picture at a time. */
export class FaceDetector {
  readonly #modelDescription: ModelDescription;
  readonly #session: LoadedModel['session'];
  readonly #options: Required<FaceDetectorOptions>;
  readonly #inputName: string;
  readonly #maxOverlap: number;
  /** What the network is fixed to; null where it takes any. */
  readonly #fixedBatch: number | null;
  readonly #fixedCanvas: Size | null;
  #hasLandmarks = false;
  /** Buffers for windows of the last size seen: one set for whole pictures, one for tiles. */
  readonly #prepared = new Map<Pass, Prepared>();

  private constructor({ session, description, thresholds }: LoadedModel, options: FaceDetectorOptions) {
    const [input] = description.inputs;
    const [batch, , height, width] = input?.shape ?? [];
    this.#modelDescription = description;
    this.#session = session;
    this.#options = { confidenceThreshold: 0.5, inputSize: 640, tiles: 'off', ...options };
    this.#inputName = input?.name ?? '';
    this.#maxOverlap = thresholds.maxOverlap ?? USUAL_MAX_OVERLAP;
    this.#fixedBatch = typeof batch === 'number' ? batch : null;
    this.#fixedCanvas = typeof width === 'number' && typeof height === 'number' ? { width, height } : null;
  }

  /**
   * Runs the network once on a blank picture, so that one that does not give faces is refused before the first video.
   * @param model opened with the role face-detector; the detector closes it
   * @throws WorkerError MODEL_INVALID, CONFIG_INVALID
   */
  static async load(model: LoadedModel, options: FaceDetectorOptions = {}): Promise<FaceDetector> {
    const detector = new FaceDetector(model, options);
    const { inputSize } = detector.#options;
    if (!Number.isInteger(inputSize / STRIDE) || inputSize < STRIDE) {
      throw new WorkerError(
        'CONFIG_INVALID',
        `the face detector's input size is ${inputSize}; it must be a multiple of ${STRIDE}`,
      );
    }
    const letterbox = new Letterbox(WARM_UP, detector.#fixedCanvas ?? WARM_UP);
    const output = await detector.#run(letterbox, detector.#createTensor(letterbox));
    decodeYoloFaces(output, detector.#options.confidenceThreshold);
    detector.#hasLandmarks = hasLandmarkRows(output);
    return detector;
  }

  get description(): ModelDescription {
    return this.#hasLandmarks ? this.#modelDescription : { ...this.#modelDescription, warning: NO_LANDMARKS };
  }

  /** Long side of the network's input in pixels: its own where it is fixed, else the one asked for. */
  get inputLongSide(): number {
    const canvas = this.#fixedCanvas;
    return canvas === null ? this.#options.inputSize : Math.max(canvas.width, canvas.height);
  }

  /** The longest side, in pixels, pictures should have; larger ones cost time and show nothing more. */
  get usefulLongSide(): number {
    return usefulLongSide(this.inputLongSide, this.#options.tiles === 'auto');
  }

  /**
   * Finds the upright faces of a picture of any size, by descending confidence. Wait for one call to end before the next.
   * @throws WorkerError MODEL_INVALID when the network gives NaN or nonsense, INTERNAL for a malformed picture
   */
  async detect(image: RgbImage): Promise<FaceDetection[]> {
    requireRgbImage(image);
    const picture = { x: 0, y: 0, width: image.width, height: image.height };
    const whole = await this.#detectIn(image, picture, 'picture');
    const tiles = this.#options.tiles === 'auto' ? planTiles(image, this.inputLongSide) : [];
    if (tiles.length === 0) return whole;
    const passes = [whole];
    for (const tile of tiles) {
      const faces = await this.#detectIn(image, tile, 'tile');
      passes.push(faces.filter(({ box }) => !isCutByTile(box, tile, image)));
    }
    return mergePasses(passes, MAX_COVER_BETWEEN_PASSES);
  }

  /** Frees the network. */
  async close(): Promise<void> {
    await this.#session.close();
  }

  /** One pass over one window of the image, in pixels of the image. */
  async #detectIn(image: RgbImage, window: Tlwh, pass: Pass): Promise<FaceDetection[]> {
    const { letterbox, tensor } = this.#prepare(window, pass);
    letterbox.write(image, window, tensor);
    const output = await this.#run(letterbox, tensor);
    const toImage = (point: Point) => ({ x: point.x + window.x, y: point.y + window.y });
    const faces = decodeYoloFaces(output, this.#options.confidenceThreshold).map(
      ({ box, confidence, landmarks }) => {
        const inWindow = letterbox.boxToSource(box);
        return {
          box: clipToPicture({ ...inWindow, ...toImage(inWindow) }, image),
          confidence,
          landmarks: landmarks?.map((point) => toImage(letterbox.pointToSource(point))) ?? null,
        };
      },
    );
    const inPicture = faces.filter(({ box }) => box.width >= 1 && box.height >= 1);
    return suppressNonMaxima(inPicture, this.#maxOverlap, MAX_FACES);
  }

  #prepare({ width, height }: Size, pass: Pass): Prepared {
    const known = this.#prepared.get(pass);
    if (known?.letterbox.source.width === width && known.letterbox.source.height === height) return known;
    const source = { width, height };
    const canvas = this.#fixedCanvas ?? rectangularCanvas(source, this.#options.inputSize);
    const letterbox = new Letterbox(source, canvas);
    const prepared = { letterbox, tensor: this.#createTensor(letterbox) };
    this.#prepared.set(pass, prepared);
    return prepared;
  }

  #createTensor(letterbox: Letterbox): Float32Array {
    return letterbox.createTensor(this.#fixedBatch ?? 1);
  }

  async #run({ canvas }: Letterbox, tensor: Float32Array): Promise<FloatTensor> {
    const shape = [this.#fixedBatch ?? 1, 3, canvas.height, canvas.width];
    const outputs = await this.#session.run({ [this.#inputName]: { data: tensor, shape } });
    const [output] = Object.values(outputs);
    if (output === undefined) throw new WorkerError('MODEL_INVALID', 'the face detector gave no output');
    return output;
  }
}
