/**
 * Lets depthwise convolutions read the four phases of DepthToSpace where they lie, as channels.
 *
 * BlazePose's detector unfolds its pictures to twice the side (DepthToSpace), pads them by one pixel, convolves them depthwise with 3 x
 * 3 at every second pixel, and mixes the channels (1 x 1): twice each time, for boxes and for scores. ONNX Runtime has no DepthToSpace
 * and no Pad for pictures in its fast layout, and those two take longer than all the arithmetic behind them. Around (y, x) the window of
 * 3 x 3 of the unfolded picture sees the four phases of cell (y, x) of the folded one, two of the cell above, two of the cell to the left
 * and one of the cell between them. So a depthwise convolution of 2 x 2 over the folded picture, padded above and to the left, takes the same
 * products; the channels of one pixel, now in four pieces, are summed by the mixing, which reads its weights four times over.
 *
 * The weights are the same, with zeros where a cell's phase is out of the window. The detector takes 3 to 6 % less time. One dense
 * convolution of 2 x 2 in place of both would be slower: it multiplies more than three times as much.
 */
import {
  GraphIndex,
  type HalfWeight,
  isConvolution,
  isNode,
  Replacement,
  resultOf,
} from './graph-rewriting.ts';
import type { OnnxGraph, OnnxNode } from './onnx-writer.ts';

/** One pixel on each side of a picture, as Pad has it: before each axis, then after. */
const FRAME = [0, 0, 1, 1, 0, 0, 1, 1];

/** A depthwise convolution of the unfolded picture and the mixing of its channels. */
interface Head {
  readonly depthwise: OnnxNode;
  readonly mixing: OnnxNode;
  readonly weight: HalfWeight;
  readonly bias: HalfWeight;
}

/** The graph without DepthToSpace before such convolutions. */
export function skipDepthToSpace(graph: OnnxGraph): OnnxGraph {
  const index = new GraphIndex(graph);
  const replacement = new Replacement();
  for (const unfold of graph.nodes) {
    if (!isNode(unfold, 'DepthToSpace', { blocksize: 2, mode: 'DCR' })) continue;
    const pad = index.onlyReader(unfold);
    if (pad?.operator !== 'Pad' || String(index.integers(pad, 1)) !== String(FRAME)) continue;
    const readers = index.readers(pad);
    const heads = readers.flatMap((depthwise) => headOf(depthwise, index) ?? []);
    // Where any reader needs the unfolded picture, it is there, and the others may as well read it.
    if (heads.length < readers.length) continue;
    for (const head of heads) fold(head, unfold.inputs[0] ?? '', replacement);
  }
  return replacement.applyTo(graph);
}

function headOf(depthwise: OnnxNode, index: GraphIndex): Head | undefined {
  const weight = index.weight(depthwise, 1);
  const bias = index.weight(depthwise, 2);
  const mixing = index.onlyReader(depthwise);
  if (weight === undefined || bias === undefined) return undefined;
  const [group = 0, perGroup] = weight.shape;
  if (perGroup !== 1 || !isConvolution(depthwise, { kernel: 3, stride: 2, group })) return undefined;
  return isConvolution(mixing, { kernel: 1 }) ? { depthwise, mixing, weight, bias } : undefined;
}

function fold({ depthwise, mixing, weight, bias }: Head, folded: string, replacement: Replacement): void {
  const channels = weight.shape[0] ?? 0;
  const result = resultOf(depthwise);
  const taps = replacement.weight(`${result}_taps`, foldedTaps(weight));
  // The pieces of a pixel are summed: one of them brings the bias.
  const offsets = replacement.weight(`${result}_offsets`, {
    shape: [4 * channels],
    data: concatenated(bias.data, new Uint16Array(3 * channels)),
  });
  const [, mixingWeight = '', ...mixingBias] = mixing.inputs;
  const fourfold = `${result}_mixing`;
  replacement.replace(depthwise, [
    taps,
    offsets,
    {
      ...depthwise,
      inputs: [folded, resultOf(taps), resultOf(offsets)],
      attributes: {
        ...depthwise.attributes,
        group: 4 * channels,
        kernel_shape: [2, 2],
        pads: [1, 1, 0, 0],
        strides: [1, 1],
      },
    },
  ]);
  replacement.replace(mixing, [
    // ONNX Runtime does this once, while loading.
    {
      operator: 'Concat',
      inputs: Array.from({ length: 4 }, () => mixingWeight),
      outputs: [fourfold],
      attributes: { axis: 1 },
    },
    { ...mixing, inputs: [result, fourfold, ...mixingBias] },
  ]);
}

/** Weights of [channels, 1, 3, 3] for the folded picture, whose channels are phase by phase: [4 channels, 1, 2, 2]. */
function foldedTaps({ shape, data }: HalfWeight): HalfWeight {
  const channels = shape[0] ?? 0;
  const taps = new Uint16Array(4 * channels * 4);
  let next = 0;
  for (const [phaseY, phaseX] of PLACES) {
    for (let channel = 0; channel < channels; channel++) {
      for (const [cellY, cellX] of PLACES) {
        // The window begins one pixel above and to the left of the first phase of its second cell.
        const y = 2 * cellY + phaseY - 1;
        const x = 2 * cellX + phaseX - 1;
        taps[next++] = y < 0 || x < 0 ? 0 : (data[9 * channel + 3 * y + x] ?? 0);
      }
    }
  }
  return { shape: [4 * channels, 1, 2, 2], data: taps };
}

/** Row and column of the places in a square of 2 x 2, in the order of DepthToSpace's phases and of a kernel's taps. */
const PLACES = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const;

function concatenated(a: Uint16Array, b: Uint16Array): Uint16Array {
  const all = new Uint16Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
