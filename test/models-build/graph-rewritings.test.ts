import { describe, expect, it } from '@jest/globals';
import { OnnxSession } from '../../src/inference/onnx-session.ts';
import { clipInConvolution } from '../../tools/models-build/clip-in-convolution.ts';
import { convolveBeforeResize } from '../../tools/models-build/convolve-before-resize.ts';
import {
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  writeOnnx,
} from '../../tools/models-build/onnx-writer.ts';
import { skipDepthToSpace } from '../../tools/models-build/skip-depth-to-space.ts';
import { seededRandom } from '../../tools/seeded-random.ts';

/** Channels, height and width of the picture that goes in; no size twice, so that none can be taken for another. */
const PICTURE = [8, 3, 5] as const;

/** A small network under construction, made of what the translation makes. */
class Sketch {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxInitializer[] = [
    { name: 'zero', type: 'float32', shape: [], data: Float32Array.of(0) },
    { name: 'six', type: 'float32', shape: [], data: Float32Array.of(6) },
  ];
  readonly #random = seededRandom(1);

  add(
    operator: string,
    inputs: readonly string[],
    output: string,
    attributes: NonNullable<OnnxNode['attributes']> = {},
  ): void {
    this.#nodes.push({ operator, inputs, outputs: [output], attributes });
  }

  integers(name: string, values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    this.#initializers.push({ name, type: 'int64', shape: [values.length], data });
    return name;
  }

  /** A convolution with weights and bias of its own, none a whole number. */
  convolve(
    input: string,
    output: string,
    [out, perGroup, kernel]: readonly [out: number, perGroup: number, kernel: number],
    { group = 1, stride = 1 } = {},
  ): void {
    const weight = this.#weight(`${output}_weight`, [out, perGroup, kernel, kernel]);
    const bias = this.#weight(`${output}_bias`, [out]);
    this.add('Conv', [input, weight, bias], output, {
      group,
      dilations: [1, 1],
      kernel_shape: [kernel, kernel],
      pads: [0, 0, 0, 0],
      strides: [stride, stride],
    });
  }

  enlarge(input: string, output: string, sizes: readonly number[]): void {
    this.add('Resize', [input, '', '', this.integers(`${output}_sizes`, sizes)], output, {
      coordinate_transformation_mode: 'half_pixel',
      mode: 'linear',
    });
  }

  graph(outputs: OnnxGraph['outputs']): OnnxGraph {
    const inputs = [{ name: 'x', shape: [1, ...PICTURE] }];
    return { name: 'test', nodes: this.#nodes, initializers: this.#initializers, inputs, outputs };
  }

  /** Numbers of both signs from an eighth to a half. */
  #weight(name: string, shape: readonly number[]): string {
    const length = shape.reduce((product, size) => product * size, 1);
    const data = Uint16Array.from({ length }, () => {
      const sign = this.#random() < 0.5 ? 0x8000 : 0;
      return sign | (0x3000 + Math.floor(this.#random() * 0x800));
    });
    this.#initializers.push({ name: `${name}_half`, type: 'float16', shape, data });
    this.add('Cast', [`${name}_half`], name, { to: 1 });
    return name;
  }
}

/** What a network makes of a picture of numbers from -8 to 8: some are clipped above, some below. */
async function run(graph: OnnxGraph): Promise<Record<string, number[]>> {
  const random = seededRandom(2);
  const [{ shape } = { shape: [] }] = graph.inputs;
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 16 * random() - 8);
  const session = await OnnxSession.create('test', writeOnnx(graph, 'test'));
  const results = await session.run({ x: { data, shape } });
  const copies = Object.entries(results).map(([name, { data }]) => [name, Array.from(data)]);
  await session.close();
  return Object.fromEntries(copies);
}

/** The largest difference of the outputs as a share of the largest number among them. */
async function difference(before: OnnxGraph, after: OnnxGraph): Promise<number> {
  const expected = await run(before);
  const found = await run(after);
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  const pairs = Object.entries(expected).flatMap(([name, numbers]) => {
    expect(found[name]).toHaveLength(numbers.length);
    return numbers.map((number, i) => [number, found[name]?.[i] ?? Number.NaN] as const);
  });
  const size = Math.max(...pairs.map(([number]) => Math.abs(number)));
  return Math.max(...pairs.map(([a, b]) => Math.abs(a - b))) / size;
}

/** The operators of a network in their order, the widening of its weights left out. */
function operators({ nodes }: OnnxGraph): string[] {
  return nodes.map(({ operator }) => operator).filter((operator) => operator !== 'Cast');
}

const ROUNDING = 1e-6;

describe('a convolution after an enlargement', () => {
  const sketch = new Sketch();
  sketch.enlarge('x', 'large', [1, 8, 6, 10]);
  sketch.convolve('large', 'y_linear', [4, 8, 1]);
  sketch.add('Clip', ['y_linear', 'zero', 'six'], 'y');
  const graph = sketch.graph([{ name: 'y', shape: [1, 4, 6, 10] }]);

  it('comes before it and gives the same', async () => {
    const rewritten = convolveBeforeResize(graph);
    expect(operators(rewritten)).toEqual(['Conv', 'Resize', 'Clip']);
    expect(await difference(graph, rewritten)).toBeLessThan(ROUNDING);
  });

  it('stays where it is if the large picture is read by others too, or has neighbours in its window', () => {
    const both = new Sketch();
    both.enlarge('x', 'large', [1, 8, 6, 10]);
    both.convolve('large', 'a', [4, 8, 1]);
    both.convolve('large', 'b', [4, 8, 1]);
    both.enlarge('x', 'other', [1, 8, 6, 10]);
    both.convolve('other', 'c', [4, 8, 3]);
    both.enlarge('x', 'e', [1, 8, 6, 10]);
    both.convolve('e', 'd', [4, 8, 1]);
    const shape = [1, 4, 6, 10];
    const outputs = ['a', 'b', 'd'].map((name) => ({ name, shape }));
    const kept = both.graph([
      ...outputs,
      { name: 'c', shape: [1, 4, 4, 8] },
      { name: 'e', shape: [1, 8, 6, 10] },
    ]);
    expect(operators(convolveBeforeResize(kept))).toEqual(operators(kept));
  });
});

describe('depthwise convolutions after DepthToSpace', () => {
  /** Two heads over one unfolded picture, as the detector has them. */
  function heads(frame: readonly number[], readFrame = false): OnnxGraph {
    const sketch = new Sketch();
    sketch.add('DepthToSpace', ['x'], 'unfolded', { blocksize: 2, mode: 'DCR' });
    sketch.add('Pad', ['unfolded', sketch.integers('frame', frame)], 'framed');
    for (const [name, channels] of [
      ['boxes', 12],
      ['scores', 1],
    ] as const) {
      sketch.convolve('framed', `${name}_each`, [2, 1, 3], { group: 2, stride: 2 });
      sketch.convolve(`${name}_each`, name, [channels, 2, 1]);
    }
    if (readFrame) sketch.add('Identity', ['framed'], 'copy');
    const copy = readFrame ? [{ name: 'copy', shape: [1, 2, 8, 12] }] : [];
    return sketch.graph([
      { name: 'boxes', shape: [1, 12, 3, 5] },
      { name: 'scores', shape: [1, 1, 3, 5] },
      ...copy,
    ]);
  }

  it('read the folded picture and give the same', async () => {
    const graph = heads([0, 0, 1, 1, 0, 0, 1, 1]);
    const rewritten = skipDepthToSpace(graph);
    expect(operators(rewritten)).toEqual(['Conv', 'Concat', 'Conv', 'Conv', 'Concat', 'Conv']);
    expect(await difference(graph, rewritten)).toBeLessThan(ROUNDING);
  });

  it('stay where they are if the frame lies elsewhere, or others read what it is around', () => {
    for (const graph of [heads([0, 0, 0, 0, 0, 0, 2, 2]), heads([0, 0, 1, 1, 0, 0, 1, 1], true)]) {
      expect(operators(skipDepthToSpace(graph))).toEqual(operators(graph));
    }
  });
});

describe('a Clip', () => {
  it('that follows an addition or an enlargement follows a convolution that changes no bit', async () => {
    const sketch = new Sketch();
    sketch.convolve('x', 'c', [8, 8, 1]);
    sketch.add('Add', ['x', 'c'], 'sum');
    sketch.add('Clip', ['sum', 'zero', 'six'], 'clipped');
    sketch.convolve('clipped', 'd', [16, 8, 1]);
    sketch.enlarge('d', 'large', [1, 16, 6, 10]);
    sketch.add('Clip', ['large', 'zero', 'six'], 'y');
    const graph = sketch.graph([{ name: 'y', shape: [1, 16, 6, 10] }]);
    const rewritten = clipInConvolution(graph);
    const before = ['Conv', 'Add', 'Clip', 'Conv', 'Resize', 'Clip'];
    expect(operators(graph)).toEqual(before);
    expect(operators(rewritten)).toEqual(['Conv', 'Add', 'Conv', 'Clip', 'Conv', 'Resize', 'Conv', 'Clip']);
    expect(await difference(graph, rewritten)).toBeLessThan(ROUNDING);
  });

  it('that follows a convolution is left alone', () => {
    const sketch = new Sketch();
    sketch.convolve('x', 'c', [8, 8, 1]);
    sketch.add('Clip', ['c', 'zero', 'six'], 'y');
    const graph = sketch.graph([{ name: 'y', shape: [1, ...PICTURE] }]);
    expect(operators(clipInConvolution(graph))).toEqual(['Conv', 'Clip']);
  });
});
