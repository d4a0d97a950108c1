/** One ONNX network in memory, ready to run on this thread; the only place that knows ONNX Runtime. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { WorkerError } from '../errors.ts';
import type { TensorInfo } from './model-manifest.ts';
import { nativeGate } from './native-gate.ts';

/** Values in row-major order with their dimensions. */
export interface FloatTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

const ERRORS_ONLY = 3;

/** A run that fails says so in its error; ONNX Runtime would write the same to stderr once more. */
const FATAL_ONLY: InferenceSession.RunOptions = { logSeverityLevel: 4 };

/** ONNX Runtime's words for weights in a second file, to which the bytes of the first do not lead. */
const EXTERNAL_DATA = /external (?:data|tensor)/i;

/** Runs a network. `run` blocks the thread it is called on for the whole inference, so sessions live in worker threads. */
export class OnnxSession {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #name: string;
  readonly #session: InferenceSession;
  /** What the last run gave. */
  #results: InferenceSession.ReturnType = {};

  private constructor(name: string, session: InferenceSession) {
    this.#name = name;
    this.#session = session;
    this.inputs = session.inputMetadata.map(tensorInfo);
    this.outputs = session.outputMetadata.map(tensorInfo);
  }

  /**
   * Loads a network from the bytes of an .onnx file.
   * One thread by default: parallel jobs use the processor better than parallel networks, whose second thread gains 1.2 to 1.6
   * times the speed at best and nothing on a busy machine.
   * @param name what errors call the network
   * @throws WorkerError MODEL_INVALID when the bytes are no network this runtime can run
   */
  static async create(name: string, bytes: Uint8Array, threads = 1): Promise<OnnxSession> {
    try {
      const options: InferenceSession.SessionOptions = {
        executionProviders: ['cpu'],
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        interOpNumThreads: 1,
        intraOpNumThreads: threads,
        logSeverityLevel: ERRORS_ONLY,
        // Planned ahead, the tensors of a run lie in one block for each size of input, beside the arena that has room for them already.
        enableMemPattern: false,
        // Waiting threads must sleep: by default they spin and starve the decoder and the other jobs.
        extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
      };
      const session = await nativeGate().pass(() => InferenceSession.create(bytes, options));
      return new OnnxSession(name, session);
    } catch (cause) {
      const reason = oneLine(cause);
      throw new WorkerError(
        'MODEL_INVALID',
        EXTERNAL_DATA.test(reason)
          ? `${name} is only half of an ONNX network, its weights lie in a second file: save it as one, with onnx.save_model(onnx.load(...), ..., save_as_external_data=False)`
          : `${name} is not an ONNX network that can be run (truncated, or another format?): ${reason}`,
        { cause },
      );
    }
  }

  /**
   * Runs the network once.
   * @param feeds a tensor for each input, by name
   * @returns a tensor for each output, by name; gone with the next run: what is kept must be copied
   * @throws WorkerError MODEL_INVALID when an input does not fit or an output holds NaN or infinity
   */
  async run(feeds: Readonly<Record<string, FloatTensor>>): Promise<Record<string, FloatTensor>> {
    const tensors: Record<string, Tensor> = {};
    for (const [name, { data, shape }] of Object.entries(feeds)) {
      tensors[name] = new Tensor('float32', data, shape);
    }
    this.#dropResults();
    try {
      this.#results = await nativeGate().passInImmediate(() => this.#session.run(tensors, FATAL_ONLY));
    } catch (cause) {
      throw new WorkerError(
        'MODEL_INVALID',
        `${this.#name} failed to run${aboutSizes(this.inputs, feeds)}: ${oneLine(cause)}`,
        { cause },
      );
    }
    return Object.fromEntries(
      Object.entries(this.#results).map(([name, { data, dims }]) => [name, this.#checked(name, data, dims)]),
    );
  }

  /** Frees the network's memory; the session cannot run afterwards. */
  async close(): Promise<void> {
    await nativeGate().pass(() => this.#session.release());
  }

  /** Frees memory at once: as garbage, megabytes for each picture, it would bring a full collection every few pictures. */
  #dropResults(): void {
    for (const { data } of Object.values(this.#results))
      (data as Float32Array<ArrayBuffer>).buffer.transfer(0);
    this.#results = {};
  }

  #checked(output: string, data: Tensor['data'], shape: readonly number[]): FloatTensor {
    if (!(data instanceof Float32Array)) {
      throw new WorkerError(
        'MODEL_INVALID',
        `${this.#name}: output ${output} is not float32; export the network in single precision`,
      );
    }
    if (!allFinite(data)) {
      throw new WorkerError(
        'MODEL_INVALID',
        `${this.#name}: output ${output} holds NaN or infinity, so the network is damaged or was exported wrongly; restore or re-export it`,
      );
    }
    return { data, shape };
  }
}

/** Whether every value is a number. `value - value` is 0, or NaN for NaN and infinity, and a sum with NaN is NaN. */
function allFinite(values: Float32Array): boolean {
  // Counted, because V8 takes ten times as long to iterate over a typed array; in four sums, because each addition waits for the one before.
  const fourths = values.length - (values.length % 4);
  let [first, second, third, fourth] = [0, 0, 0, 0];
  for (let i = 0; i < fourths; i += 4) {
    first += (values[i] as number) - (values[i] as number);
    second += (values[i + 1] as number) - (values[i + 1] as number);
    third += (values[i + 2] as number) - (values[i + 2] as number);
    fourth += (values[i + 3] as number) - (values[i + 3] as number);
  }
  return first + second + third + fourth === 0 && values.subarray(fourths).every(Number.isFinite);
}

/** Which sizes were given where a network says that it takes any, and what to do if it does not; nothing where they are fixed. */
function aboutSizes(inputs: readonly TensorInfo[], feeds: Readonly<Record<string, FloatTensor>>): string {
  const given = inputs.flatMap(({ name, shape }) => {
    const feed = feeds[name];
    if (feed === undefined || !shape.some((size) => typeof size === 'string')) return [];
    return [`${name} [${feed.shape.join(',')}], although it says that it takes [${shape.join(',')}]`];
  });
  if (given.length === 0) return '';
  return ` on ${given.join(', ')} (if that is so in name only, export it with fixed sizes)`;
}

function tensorInfo(metadata: InferenceSession.ValueMetadata): TensorInfo {
  const { name } = metadata;
  return metadata.isTensor
    ? { name, type: metadata.type, shape: [...metadata.shape] }
    : { name, type: 'no tensor', shape: [] };
}

function oneLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0] ?? '';
}
