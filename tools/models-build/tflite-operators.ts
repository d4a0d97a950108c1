/** The TensorFlow Lite operators of BlazePose's networks in ONNX's words. */
import { BUILTIN_OPERATORS, type TfliteModel, type TfliteOperator } from './tflite-schema.ts';
import type { Translation } from './tflite-to-onnx.ts';

type Translate = (operator: TfliteOperator, network: Translation) => void;

/** Axes of a convolution's weights: [out, height, width, in] and, depthwise, [1, height, width, channels]. */
const CONV_AXES = [0, 3, 1, 2];
const DEPTHWISE_AXES = [3, 0, 1, 2];
/** Where an NHWC axis lies in NCHW. */
const NCHW_AXIS = [0, 2, 3, 1];

const ACTIVATION = { none: 0, relu6: 3 } as const;
const PADDING_SAME = 0;

const TRANSLATIONS: Readonly<Record<string, Translate>> = {
  ADD: (operator, network) => {
    const inputs = Array.from(operator.inputs, (tensor) => network.value(tensor));
    addActivated(operator, network, { operator: 'Add', inputs });
  },

  CONCATENATION: (operator, network) => {
    if (network.shape(outputOf(operator)).length === 4) throw new Error('pictures are never concatenated');
    addActivated(operator, network, {
      operator: 'Concat',
      inputs: Array.from(operator.inputs, (tensor) => network.value(tensor)),
      attributes: { axis: option(operator, 'axis') },
    });
  },

  CONV_2D: (operator, network) => addConvolution(operator, network, CONV_AXES, 1),

  DEPTHWISE_CONV_2D: (operator, network) => {
    const channels = network.shape(inputOf(operator))[3] ?? 1;
    addConvolution(operator, network, DEPTHWISE_AXES, channels);
  },

  DENSIFY: (operator, network) => network.alias(outputOf(operator), inputOf(operator)),
  DEQUANTIZE: (operator, network) => network.alias(outputOf(operator), inputOf(operator)),

  DEPTH_TO_SPACE: (operator, network) =>
    addPlain(operator, network, 'DepthToSpace', { blocksize: option(operator, 'blockSize'), mode: 'DCR' }),

  LOGISTIC: (operator, network) => addPlain(operator, network, 'Sigmoid'),

  MAX_POOL_2D: (operator, network) => {
    const kernel = [option(operator, 'filterHeight'), option(operator, 'filterWidth')];
    addActivated(operator, network, {
      operator: 'MaxPool',
      inputs: [network.value(inputOf(operator))],
      attributes: window(operator, network, kernel, [1, 1]),
    });
  },

  PAD: (operator, network) => {
    const widths = network.integers(inputOf(operator, 1));
    const before: number[] = [];
    const after: number[] = [];
    for (const [axis, place] of NCHW_AXIS.entries()) {
      before[place] = widths[2 * axis] ?? 0;
      after[place] = widths[2 * axis + 1] ?? 0;
    }
    const pads = network.integerList(`pads${outputOf(operator)}`, [...before, ...after]);
    network.addNode({
      operator: 'Pad',
      inputs: [network.value(inputOf(operator)), pads],
      outputs: [network.value(outputOf(operator))],
    });
  },

  RESHAPE: (operator, network) => {
    const [, height, width] = network.shape(inputOf(operator));
    const shape = network.shape(outputOf(operator));
    if (shape.length === 4) throw new Error('nothing is reshaped into a picture');
    // Values follow each other as in NHWC, which makes a difference unless there is but one pixel.
    const source =
      height === 1 && width === 1
        ? network.value(inputOf(operator))
        : network.channelsLast(inputOf(operator));
    network.addNode({
      operator: 'Reshape',
      inputs: [source, network.integerList(`shape${outputOf(operator)}`, shape)],
      outputs: [network.value(outputOf(operator))],
    });
  },

  RESIZE_BILINEAR: (operator, network) => {
    const [batch = 1, height = 1, width = 1, channels = 1] = network.shape(outputOf(operator));
    const coordinates =
      option(operator, 'alignCorners') === 1
        ? 'align_corners'
        : option(operator, 'halfPixelCenters') === 1
          ? 'half_pixel'
          : 'asymmetric';
    const sizes = network.integerList(`sizes${outputOf(operator)}`, [batch, channels, height, width]);
    network.addNode({
      operator: 'Resize',
      inputs: [network.value(inputOf(operator)), '', '', sizes],
      outputs: [network.value(outputOf(operator))],
      attributes: { coordinate_transformation_mode: coordinates, mode: 'linear' },
    });
  },
};

/** Name of an operator. Its code was once a byte; the larger of the two fields holds. */
export function operatorName(model: TfliteModel, { opcodeIndex }: TfliteOperator): string {
  const { builtinCode = 0, deprecatedBuiltinCode = 0 } = model.operatorCodes[opcodeIndex] ?? {};
  const code = Math.max(builtinCode, deprecatedBuiltinCode);
  return BUILTIN_OPERATORS[code] ?? `operator ${code}`;
}

/** Adds an operator to the ONNX network. @throws Error for an operator that has no translation */
export function translateOperator(name: string, operator: TfliteOperator, network: Translation): void {
  const translate = TRANSLATIONS[name];
  if (translate === undefined) throw new Error(`there is no translation of ${name}`);
  translate(operator, network);
}

interface PlainNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[] | string>>;
}

function addConvolution(
  operator: TfliteOperator,
  network: Translation,
  axes: readonly number[],
  groups: number,
): void {
  const weight = inputOf(operator, 1);
  const [, height = 1, width = 1] = network.shape(weight);
  const dilations = [option(operator, 'dilationH'), option(operator, 'dilationW')];
  addActivated(operator, network, {
    operator: 'Conv',
    inputs: [
      network.value(inputOf(operator)),
      network.weight(weight, axes),
      network.weight(inputOf(operator, 2)),
    ],
    attributes: { group: groups, dilations, ...window(operator, network, [height, width], dilations) },
  });
}

/** Kernel, strides and paddings of a window that slides over a picture; [height, width] each. */
function window(
  operator: TfliteOperator,
  network: Translation,
  kernel: readonly number[],
  dilations: readonly number[],
): Record<string, readonly number[]> {
  const strides = [option(operator, 'strideH'), option(operator, 'strideW')];
  const before: number[] = [];
  const after: number[] = [];
  for (const axis of [0, 1]) {
    const size = network.shape(inputOf(operator))[axis + 1] ?? 0;
    const reach = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const stride = strides[axis] ?? 1;
    const missing =
      option(operator, 'padding') === PADDING_SAME
        ? Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0)
        : 0;
    before.push(Math.floor(missing / 2));
    after.push(Math.ceil(missing / 2));
  }
  return { kernel_shape: kernel, pads: [...before, ...after], strides };
}

/** Adds a node and, where the operator has one built in, its activation. */
function addActivated(operator: TfliteOperator, network: Translation, node: PlainNode): void {
  const result = network.value(outputOf(operator));
  const activation = option(operator, 'fusedActivationFunction');
  if (activation === ACTIVATION.none) {
    network.addNode({ ...node, outputs: [result] });
  } else if (activation === ACTIVATION.relu6) {
    const linear = `${result}_linear`;
    network.addNode({ ...node, outputs: [linear] });
    network.addNode({
      operator: 'Clip',
      inputs: [linear, network.number('zero', 0), network.number('six', 6)],
      outputs: [result],
    });
  } else {
    throw new Error(`there is no translation of activation ${activation}`);
  }
}

/** Adds an operator of one input and one output. */
function addPlain(
  operator: TfliteOperator,
  network: Translation,
  name: string,
  attributes: NonNullable<PlainNode['attributes']> = {},
): void {
  network.addNode({
    operator: name,
    inputs: [network.value(inputOf(operator))],
    outputs: [network.value(outputOf(operator))],
    attributes,
  });
}

function option({ builtinOptions }: TfliteOperator, name: string): number {
  return Number(builtinOptions?.value[name] ?? 0);
}

function inputOf({ inputs }: TfliteOperator, place = 0): number {
  return inputs[place] ?? -1;
}

function outputOf({ outputs }: TfliteOperator): number {
  return outputs[0] ?? -1;
}
