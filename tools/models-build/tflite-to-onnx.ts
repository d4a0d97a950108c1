/** Translates a TensorFlow Lite network into ONNX without losing a bit: pictures become NCHW, half precision stays half precision. */
import type { OnnxGraph, OnnxInitializer, OnnxNode, OnnxValue } from './onnx-writer.ts';
import { densify } from './sparse-tensor.ts';
import { operatorName, translateOperator } from './tflite-operators.ts';
import { TENSOR_TYPE, type TfliteGraph, type TfliteModel, type TfliteOperator } from './tflite-schema.ts';
import { transpose } from './transpose.ts';

export interface TranslationOptions {
  /** Name of the one input. */
  readonly input: string;
  /** Names of the outputs by their place in the network; those left out, and all that only they need, are dropped. */
  readonly outputs: Readonly<Record<number, string>>;
}

/** NHWC, as TensorFlow Lite lays pictures out, to NCHW, as ONNX does, and back. */
const TO_NCHW = [0, 3, 1, 2];
const TO_NHWC = [0, 2, 3, 1];

/**
 * The first subgraph of a network as an ONNX graph. Its input becomes NCHW; its outputs keep their layout.
 * @throws Error for operators and options that BlazePose's networks do not use
 */
export function translateNetwork(model: TfliteModel, options: TranslationOptions): OnnxGraph {
  const [graph] = model.subgraphs;
  if (graph === undefined) throw new Error('the file holds no network');
  return new Translation(model, graph, options).run();
}

/** A network under translation: what the operators' translations read from and write to. */
export class Translation {
  readonly #model: TfliteModel;
  readonly #graph: TfliteGraph;
  readonly #options: TranslationOptions;
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxInitializer>();
  /** Tensors that are constants under another name: what DENSIFY and DEQUANTIZE of a constant give. */
  readonly #aliases = new Map<number, number>();

  constructor(model: TfliteModel, graph: TfliteGraph, options: TranslationOptions) {
    this.#model = model;
    this.#graph = graph;
    this.#options = options;
  }

  run(): OnnxGraph {
    const outputs = this.#wantedOutputs();
    for (const operator of this.#operatorsFor(outputs.map(({ tensor }) => tensor))) {
      translateOperator(operatorName(this.#model, operator), operator, this);
    }
    const input = this.#graph.inputs[0] ?? 0;
    return {
      name: 'blazepose',
      nodes: [...this.#nodes, ...outputs.map(({ tensor, name }) => this.#outputNode(tensor, name))],
      initializers: [...this.#initializers.values()],
      inputs: [{ name: this.#options.input, shape: permuted(this.shape(input), TO_NCHW) }],
      outputs: outputs.map(({ tensor, name }): OnnxValue => ({ name, shape: this.shape(tensor) })),
    };
  }

  /** Shape of a tensor as TensorFlow Lite has it. */
  shape(tensor: number): readonly number[] {
    return Array.from(this.#tensor(tensor).shape);
  }

  /** Name of a computed tensor in the ONNX graph. */
  value(tensor: number): string {
    return tensor === this.#graph.inputs[0] ? this.#options.input : `t${tensor}`;
  }

  addNode(node: OnnxNode): void {
    this.#nodes.push(node);
  }

  /** Makes a tensor another name of a constant. */
  alias(tensor: number, constant: number): void {
    this.#aliases.set(tensor, this.#aliases.get(constant) ?? constant);
  }

  /** The whole numbers of a constant that holds parameters. */
  integers(tensor: number): Int32Array {
    const { type, buffer, name } = this.#tensor(tensor);
    const data = this.#model.buffers[buffer]?.data;
    if (type !== TENSOR_TYPE.int32 || data === undefined) throw new Error(`${name} is no constant of int32`);
    return new Int32Array(data.buffer);
  }

  /** A weight in float32, its axes reordered; stored in half precision, which ONNX Runtime widens once while loading. */
  weight(tensor: number, axes?: readonly number[]): string {
    const source = this.#aliases.get(tensor) ?? tensor;
    const { type, buffer, name: label, sparsity } = this.#tensor(source);
    const bytes = this.#model.buffers[buffer]?.data;
    if (type !== TENSOR_TYPE.float16 || bytes === undefined)
      throw new Error(`${label} is no constant of float16`);
    const shape = this.shape(source);
    const stored = new Uint16Array(bytes.buffer);
    const dense = sparsity === undefined ? stored : densify(stored, shape, sparsity);
    const name = `w${source}`;
    const half = `${name}_half`;
    if (!this.#initializers.has(half)) {
      const data = axes === undefined ? dense : transpose(dense, shape, axes);
      this.#initializers.set(half, {
        name: half,
        type: 'float16',
        shape: axes === undefined ? shape : permuted(shape, axes),
        data,
      });
      this.addNode({ operator: 'Cast', inputs: [half], outputs: [name], attributes: { to: 1 } });
    }
    return name;
  }

  /** A list of whole numbers that an ONNX operator takes as input. */
  integerList(name: string, values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    this.#initializers.set(name, { name, type: 'int64', shape: [values.length], data });
    return name;
  }

  /** A single float32. */
  number(name: string, value: number): string {
    this.#initializers.set(name, { name, type: 'float32', shape: [], data: Float32Array.of(value) });
    return name;
  }

  /** Name of a picture laid out as NHWC again. */
  channelsLast(tensor: number): string {
    const name = `${this.value(tensor)}_nhwc`;
    this.addNode(this.#channelsLastNode(tensor, name));
    return name;
  }

  #channelsLastNode(tensor: number, name: string): OnnxNode {
    return {
      operator: 'Transpose',
      inputs: [this.value(tensor)],
      outputs: [name],
      attributes: { perm: TO_NHWC },
    };
  }

  #outputNode(tensor: number, name: string): OnnxNode {
    return this.shape(tensor).length === 4
      ? this.#channelsLastNode(tensor, name)
      : { operator: 'Identity', inputs: [this.value(tensor)], outputs: [name] };
  }

  #wantedOutputs(): { tensor: number; name: string }[] {
    return Object.entries(this.#options.outputs).map(([place, name]) => {
      const tensor = this.#graph.outputs[Number(place)];
      if (tensor === undefined) throw new Error(`the network has no output ${place}`);
      return { tensor, name };
    });
  }

  /** The operators the tensors depend on, in the network's order. */
  #operatorsFor(tensors: readonly number[]): TfliteOperator[] {
    const needed = new Set(tensors);
    const kept: TfliteOperator[] = [];
    for (const operator of this.#graph.operators.toReversed()) {
      if (!operator.outputs.some((tensor) => needed.has(tensor))) continue;
      for (const tensor of operator.inputs) needed.add(tensor);
      kept.push(operator);
    }
    return kept.toReversed();
  }

  #tensor(index: number) {
    const tensor = this.#graph.tensors[index];
    if (tensor === undefined) throw new Error(`the network has no tensor ${index}`);
    return tensor;
  }
}

function permuted(shape: readonly number[], axes: readonly number[]): number[] {
  return axes.map((axis) => shape[axis] ?? 1);
}
