/** Writes ONNX models: the few protobuf messages of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) they need. */

/** Element types of TensorProto. */
export const ONNX_TYPE = { float32: 1, int64: 7, float16: 10 } as const;

export type OnnxType = keyof typeof ONNX_TYPE;

/** A constant. */
export interface OnnxInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly data: Uint16Array | Float32Array | BigInt64Array;
}

export interface OnnxNode {
  readonly operator: string;
  /** Names of values; an empty one leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers, lists of them, and words; written in this order. */
  readonly attributes?: Readonly<Record<string, number | readonly number[] | string>>;
}

/** A float32 input or output of a fixed shape. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** IR version 8 and opset 17 are what ONNX 1.12 wrote (2022): old enough for any runtime in use. */
const IR_VERSION = 8;
const OPSET_VERSION = 17;

const ATTRIBUTE_TYPE = { int: 2, string: 3, ints: 7 } as const;

/** The bytes of an .onnx file. The same graph gives the same bytes. */
export function writeOnnx(graph: OnnxGraph, producer: string): Uint8Array {
  return message([
    integer(1, IR_VERSION),
    text(2, producer),
    nested(7, [
      ...graph.nodes.map((node) => nested(1, nodeFields(node))),
      text(2, graph.name),
      ...graph.initializers.map((tensor) => nested(5, tensorFields(tensor))),
      ...graph.inputs.map((value) => nested(11, valueFields(value))),
      ...graph.outputs.map((value) => nested(12, valueFields(value))),
    ]),
    nested(8, [text(1, ''), integer(2, OPSET_VERSION)]),
  ]);
}

function nodeFields({ operator, inputs, outputs, attributes = {} }: OnnxNode): Uint8Array[] {
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) =>
      nested(5, [text(1, name), ...attributeFields(value)]),
    ),
  ];
}

function attributeFields(value: number | readonly number[] | string): Uint8Array[] {
  if (typeof value === 'number') return [integer(3, value), integer(20, ATTRIBUTE_TYPE.int)];
  if (typeof value === 'string') return [text(4, value), integer(20, ATTRIBUTE_TYPE.string)];
  return [...value.map((number) => integer(8, number)), integer(20, ATTRIBUTE_TYPE.ints)];
}

function tensorFields({ name, type, shape, data }: OnnxInitializer): Uint8Array[] {
  return [
    ...shape.map((size) => integer(1, size)),
    integer(2, ONNX_TYPE[type]),
    text(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

function valueFields({ name, shape }: OnnxValue): Uint8Array[] {
  const dimensions = shape.map((size) => nested(1, [integer(1, size)]));
  const tensorType = nested(1, [integer(1, ONNX_TYPE.float32), nested(2, dimensions)]);
  return [text(1, name), nested(2, [tensorType])];
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** The protobuf wire format: https://protobuf.dev/programming-guides/encoding */
function message(fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

function integer(field: number, value: number): Uint8Array {
  return Uint8Array.of(...varint(field * 8 + VARINT), ...varint(value));
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(...varint(field * 8 + LENGTH_DELIMITED), ...varint(value.length)),
    value,
  ]);
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(value));
}

function nested(field: number, fields: readonly Uint8Array[]): Uint8Array {
  return bytes(field, message(fields));
}

/** Seven bits a byte, the least significant first; whole numbers from 0 up. */
function varint(value: number): number[] {
  const digits: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) digits.push((rest % 128) | 128);
  digits.push(rest);
  return digits;
}
