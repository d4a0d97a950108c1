/** What passes that rewrite an ONNX graph have in common: who reads a value, which weight lies behind it, and the exchange of nodes. */
import type { OnnxGraph, OnnxInitializer, OnnxNode } from './onnx-writer.ts';

/** A weight as the translation stores it: half precision that a Cast widens. */
export interface HalfWeight {
  readonly shape: readonly number[];
  readonly data: Uint16Array;
}

/** Finds nodes by what they read and write. */
export class GraphIndex {
  readonly #producers = new Map<string, OnnxNode>();
  readonly #readers = new Map<string, OnnxNode[]>();
  readonly #initializers: ReadonlyMap<string, OnnxInitializer>;
  readonly #outputs: ReadonlySet<string>;

  constructor({ nodes, initializers, outputs }: OnnxGraph) {
    for (const node of nodes) {
      for (const value of node.outputs) this.#producers.set(value, node);
      for (const value of node.inputs) this.#readers.set(value, [...(this.#readers.get(value) ?? []), node]);
    }
    this.#initializers = new Map(initializers.map((tensor) => [tensor.name, tensor]));
    this.#outputs = new Set(outputs.map(({ name }) => name));
  }

  /** The node that computes an input of another. */
  producer(node: OnnxNode, place = 0): OnnxNode | undefined {
    return this.#producers.get(node.inputs[place] ?? '');
  }

  /** The nodes that read what a node computes; none where it is an output of the network, which must stay. */
  readers(node: OnnxNode): readonly OnnxNode[] {
    const value = resultOf(node);
    return this.#outputs.has(value) ? [] : (this.#readers.get(value) ?? []);
  }

  /** The one node that reads what a node computes. */
  onlyReader(node: OnnxNode): OnnxNode | undefined {
    const readers = this.readers(node);
    return readers.length === 1 ? readers[0] : undefined;
  }

  /** The whole numbers of a constant; none where the input is no such constant. */
  integers(node: OnnxNode, place: number): readonly number[] {
    const data = this.#initializers.get(node.inputs[place] ?? '')?.data;
    return data instanceof BigInt64Array ? Array.from(data, Number) : [];
  }

  weight(node: OnnxNode, place: number): HalfWeight | undefined {
    const cast = this.producer(node, place);
    if (cast?.operator !== 'Cast') return undefined;
    const { shape, data } = this.#initializers.get(cast.inputs[0] ?? '') ?? {};
    return shape !== undefined && data instanceof Uint16Array ? { shape, data } : undefined;
  }
}

/** Nodes and constants that take the place of others. */
export class Replacement {
  readonly #nodes = new Map<OnnxNode, readonly OnnxNode[]>();
  readonly #initializers: OnnxInitializer[] = [];

  /** @param nodes stand where the old one stood, so what they read must be computed before it */
  replace(old: OnnxNode, nodes: readonly OnnxNode[]): void {
    this.#nodes.set(old, nodes);
  }

  /** Adds a list of whole numbers that a new node reads. */
  integerList(name: string, values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    this.#initializers.push({ name, type: 'int64', shape: [values.length], data });
    return name;
  }

  /** Adds a weight; the node returned widens it to the value of that name and must stand before those that read it. */
  weight(name: string, { shape, data }: HalfWeight): OnnxNode {
    const half = `${name}_half`;
    this.#initializers.push({ name: half, type: 'float16', shape, data });
    return { operator: 'Cast', inputs: [half], outputs: [name], attributes: { to: 1 } };
  }

  /** The graph with the new nodes, without what nothing reads any more. */
  applyTo(graph: OnnxGraph): OnnxGraph {
    const needed = new Set(graph.outputs.map(({ name }) => name));
    const kept: OnnxNode[] = [];
    const nodes = graph.nodes.flatMap((node) => this.#nodes.get(node) ?? [node]);
    for (const node of nodes.toReversed()) {
      if (!node.outputs.some((value) => needed.has(value))) continue;
      for (const value of node.inputs) needed.add(value);
      kept.push(node);
    }
    const initializers = [...graph.initializers, ...this.#initializers];
    return {
      ...graph,
      nodes: kept.toReversed(),
      initializers: initializers.filter(({ name }) => needed.has(name)),
    };
  }
}

/** Name of what a node computes. */
export function resultOf({ outputs }: OnnxNode): string {
  return outputs[0] ?? '';
}

/** Whether a node is a convolution of this form: square, without padding. */
export function isConvolution(
  node: OnnxNode | undefined,
  { kernel, stride = 1, group = 1 }: { kernel: number; stride?: number; group?: number },
): node is OnnxNode {
  return isNode(node, 'Conv', {
    group,
    dilations: [1, 1],
    kernel_shape: [kernel, kernel],
    pads: [0, 0, 0, 0],
    strides: [stride, stride],
  });
}

/** Whether a node is of this operator and has these attributes, each written out. */
export function isNode(
  node: OnnxNode | undefined,
  operator: string,
  attributes: NonNullable<OnnxNode['attributes']> = {},
): node is OnnxNode {
  const expected = Object.entries(attributes);
  return (
    node?.operator === operator &&
    expected.every(([name, value]) => String(node.attributes?.[name]) === String(value))
  );
}
