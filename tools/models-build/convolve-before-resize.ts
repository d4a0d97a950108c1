/**
 * Convolves before a picture is enlarged instead of after it.
 *
 * Each pixel of a bilinear enlargement is a mean of pixels whose weights sum to 1; a convolution of 1 x 1 mixes the channels of one
 * pixel. In whichever order, the result is the same but for rounding, bias included. On the small picture the convolution costs a
 * quarter, and mostly there are fewer channels left to enlarge. BlazePose's detector did so with 1152 channels of 14 x 14, its most
 * costly layer of all; in this order the network takes some 9 % less time.
 */
import { GraphIndex, isConvolution, isNode, Replacement, resultOf } from './graph-rewriting.ts';
import type { OnnxGraph } from './onnx-writer.ts';

/** The graph with every enlarged picture that only a convolution of 1 x 1 reads enlarged after it. BlazePose makes none smaller. */
export function convolveBeforeResize(graph: OnnxGraph): OnnxGraph {
  const index = new GraphIndex(graph);
  const replacement = new Replacement();
  for (const resize of graph.nodes) {
    if (!isNode(resize, 'Resize', { mode: 'linear' })) continue;
    const convolution = index.onlyReader(resize);
    if (!isConvolution(convolution, { kernel: 1 })) continue;
    const channels = index.weight(convolution, 1)?.shape[0];
    const [batch, , height, width] = index.integers(resize, 3);
    if (channels === undefined || batch === undefined || height === undefined || width === undefined)
      continue;
    const [picture = ''] = resize.inputs;
    const result = resultOf(convolution);
    const small = `${result}_small`;
    const sizes = replacement.integerList(`sizes_${result}`, [batch, channels, height, width]);
    replacement.replace(resize, []);
    replacement.replace(convolution, [
      { ...convolution, inputs: [picture, ...convolution.inputs.slice(1)], outputs: [small] },
      { ...resize, inputs: [small, '', '', sizes], outputs: [result] },
    ]);
  }
  return replacement.applyTo(graph);
}
