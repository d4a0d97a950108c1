/** A network that looks at one square region of a picture: cuts it out, runs, and hands back the raw outputs. */
import type { RgbImage } from '../../geometry/rgb-image.ts';
import type { LoadedModel } from '../../inference/model-store.ts';
import type { OnnxSession } from '../../inference/onnx-session.ts';
import type { BodyRegion } from './body-region.ts';
import { RegionWarp, type WarpOptions } from './warp-region.ts';

/** `Outputs` is the list of outputs in the order of the role's contract, which `openModel` has held the network against. */
export class RegionNetwork<Outputs extends readonly Float32Array[]> {
  readonly #session: OnnxSession;
  readonly #warp: RegionWarp;
  readonly #inputName: string;
  readonly #outputNames: readonly string[];
  /** Reused: the networks run one after the other on one thread. */
  readonly #input: { readonly data: Float32Array; readonly shape: readonly number[] };

  constructor({ session }: LoadedModel, warp: WarpOptions) {
    const { inputSide } = warp;
    this.#session = session;
    this.#warp = new RegionWarp(warp);
    this.#inputName = session.inputs[0]?.name ?? '';
    this.#outputNames = session.outputs.map(({ name }) => name);
    this.#input = { data: this.#warp.createTensor(), shape: [1, 3, inputSide, inputSide] };
  }

  /** @throws WorkerError MODEL_INVALID when an output holds NaN or infinity */
  async run(image: RgbImage, region: BodyRegion): Promise<Outputs> {
    this.#warp.write(image, region, this.#input.data);
    const tensors = await this.#session.run({ [this.#inputName]: this.#input });
    return this.#outputNames.map((name) => tensors[name]?.data) as readonly unknown[] as Outputs;
  }

  /** Frees the network's memory. */
  async close(): Promise<void> {
    await this.#session.close();
  }
}
