/** Builds tiny, real ONNX networks for tests, which know their answers beforehand. */

/** A tensor's name and dimensions; words stand for dynamic dimensions. */
export interface NetworkTensor {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

export interface ConstantOutput extends NetworkTensor {
  /** What the network answers, row-major, and in which dimensions. */
  readonly values: Float32Array;
  readonly valuesShape: readonly number[];
  /** Name of a second file that is said to hold the values; it is not written. */
  readonly valuesFile?: string;
}

const FLOAT = 1;
const INT64 = 7;
const EXTERNAL = 1;
const IR_VERSION = 8;
const OPSET = 17;

/** The bytes of an .onnx file (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) that maps an input of any size to constants. */
export function constantNetwork(
  inputs: readonly NetworkTensor[],
  outputs: readonly ConstantOutput[],
): Buffer {
  return networkOf(
    ...outputs.map(({ name }) => node('Identity', [`${name}_value`], name)),
    ...outputs.map(constant),
    ...inputs.map((tensor) => message(11, tensorInfo(tensor))),
    ...outputs.map((tensor) => message(12, tensorInfo(tensor))),
  );
}

/**
 * As a careless export: the network brings its input into a shape that was fixed when it was exported, whatever sizes it declares, and
 * fails where that does not go. It answers with the values times its input's least.
 * @param baked sizes, -1 for one that follows from the others
 */
export function bakedNetwork(input: NetworkTensor, baked: readonly number[], output: ConstantOutput): Buffer {
  return networkOf(
    node('Reshape', [input.name, 'baked'], 'reshaped'),
    node('ReduceMin', ['reshaped'], 'least'),
    node('Mul', ['least', `${output.name}_value`], output.name),
    constant(output),
    message(
      5,
      integer(1, baked.length),
      integer(2, INT64),
      text(8, 'baked'),
      bytes(9, Buffer.from(BigInt64Array.from(baked, BigInt).buffer)),
    ),
    message(11, tensorInfo(input)),
    message(12, tensorInfo(output)),
  );
}

/** A YOLO-like network: `values` of one picture, `rows` x `anchors`, for each input picture of the declared shape. */
export function yoloNetwork(
  rows: number,
  values: Float32Array,
  input: NetworkTensor['shape'] = ['batch', 3, 'height', 'width'],
): Buffer {
  const anchors = values.length / rows;
  return constantNetwork(
    [{ name: 'images', shape: input }],
    [{ name: 'output0', shape: [1, rows, anchors], values, valuesShape: [1, rows, anchors] }],
  );
}

function networkOf(...parts: Buffer[]): Buffer {
  const graph = Buffer.concat([text(2, 'graph'), ...parts]);
  return Buffer.concat([integer(1, IR_VERSION), bytes(7, graph), message(8, text(1, ''), integer(2, OPSET))]);
}

function node(operator: string, inputs: readonly string[], output: string): Buffer {
  return message(
    1,
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(3, `give_${output}`),
    text(4, operator),
  );
}

function constant({ name, values, valuesShape, valuesFile }: ConstantOutput): Buffer {
  return message(
    5,
    ...valuesShape.map((size) => integer(1, size)),
    integer(2, FLOAT),
    text(8, `${name}_value`),
    valuesFile === undefined
      ? bytes(9, Buffer.from(values.buffer, values.byteOffset, values.byteLength))
      : Buffer.concat([message(13, text(1, 'location'), text(2, valuesFile)), integer(14, EXTERNAL)]),
  );
}

function tensorInfo({ name, shape }: NetworkTensor): Buffer {
  const dimensions = shape.map((size) =>
    message(1, typeof size === 'number' ? integer(1, size) : text(2, size)),
  );
  const tensorType = message(1, integer(1, FLOAT), message(2, ...dimensions));
  return Buffer.concat([text(1, name), message(2, tensorType)]);
}

function message(field: number, ...parts: Buffer[]): Buffer {
  return bytes(field, Buffer.concat(parts));
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
  return Buffer.from(out);
}
