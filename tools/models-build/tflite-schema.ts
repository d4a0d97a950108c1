/** The part of TensorFlow Lite's model format that BlazePose's networks use (tensorflow/lite/schema/schema.fbs, version 3). */
import { readFlatbuffer, type ScalarVector, type Schema, type UnionValue } from './flatbuffer-schema.ts';

export const TFLITE_IDENTIFIER = 'TFL3';

const int32 = { scalar: 'int32' } as const;
const int8 = { scalar: 'int8' } as const;
const uint32 = { scalar: 'uint32' } as const;
const bool = { scalar: 'bool' } as const;
const one = { scalar: 'int32', otherwise: 1 } as const;
const indices = { vectorOf: 'int32' } as const;
const sparseIndices = { union: { 1: 'Int32Vector', 2: 'Uint16Vector', 3: 'Uint8Vector' } } as const;

export const TFLITE_SCHEMA: Schema = {
  Model: [
    ['version', uint32],
    ['operatorCodes', { vectorOf: { table: 'OperatorCode' } }],
    ['subgraphs', { vectorOf: { table: 'SubGraph' } }],
    ['description', 'string'],
    ['buffers', { vectorOf: { table: 'Buffer' } }],
    ['metadataBuffer', indices],
    ['metadata', { vectorOf: { table: 'Metadata' } }],
  ],
  OperatorCode: [
    ['deprecatedBuiltinCode', int8],
    ['customCode', 'string'],
    ['version', one],
    ['builtinCode', int32],
  ],
  SubGraph: [
    ['tensors', { vectorOf: { table: 'Tensor' } }],
    ['inputs', indices],
    ['outputs', indices],
    ['operators', { vectorOf: { table: 'Operator' } }],
    ['name', 'string'],
  ],
  Tensor: [
    ['shape', indices],
    ['type', int8],
    ['buffer', uint32],
    ['name', 'string'],
    ['quantization', { table: 'QuantizationParameters' }],
    ['isVariable', bool],
    ['sparsity', { table: 'SparsityParameters' }],
    ['shapeSignature', indices],
    ['hasRank', bool],
  ],
  QuantizationParameters: [
    ['min', { vectorOf: 'float32' }],
    ['max', { vectorOf: 'float32' }],
    ['scale', { vectorOf: 'float32' }],
    ['zeroPoint', { vectorOf: 'int64' }],
    ['details', { union: {} }],
    ['quantizedDimension', int32],
  ],
  SparsityParameters: [
    ['traversalOrder', indices],
    ['blockMap', indices],
    ['dimMetadata', { vectorOf: { table: 'DimensionMetadata' } }],
  ],
  DimensionMetadata: [
    ['format', int8],
    ['denseSize', int32],
    ['arraySegments', sparseIndices],
    ['arrayIndices', sparseIndices],
  ],
  Int32Vector: [['values', { vectorOf: 'int32' }]],
  Uint16Vector: [['values', { vectorOf: 'uint16' }]],
  Uint8Vector: [['values', { vectorOf: 'uint8' }]],
  Operator: [
    ['opcodeIndex', uint32],
    ['inputs', indices],
    ['outputs', indices],
    [
      'builtinOptions',
      {
        union: {
          1: 'Conv2DOptions',
          2: 'DepthwiseConv2DOptions',
          5: 'Pool2DOptions',
          10: 'ConcatenationOptions',
          11: 'AddOptions',
          15: 'ResizeBilinearOptions',
          17: 'ReshapeOptions',
          22: 'PadOptions',
          38: 'DequantizeOptions',
          94: 'DepthToSpaceOptions',
          119: 'DensifyOptions',
        },
      },
    ],
    ['customOptions', { vectorOf: 'uint8' }],
    ['customOptionsFormat', int8],
    ['mutatingVariableInputs', { vectorOf: 'bool' }],
    ['intermediates', indices],
  ],
  Conv2DOptions: [
    ['padding', int8],
    ['strideW', int32],
    ['strideH', int32],
    ['fusedActivationFunction', int8],
    ['dilationW', one],
    ['dilationH', one],
  ],
  DepthwiseConv2DOptions: [
    ['padding', int8],
    ['strideW', int32],
    ['strideH', int32],
    ['depthMultiplier', int32],
    ['fusedActivationFunction', int8],
    ['dilationW', one],
    ['dilationH', one],
  ],
  Pool2DOptions: [
    ['padding', int8],
    ['strideW', int32],
    ['strideH', int32],
    ['filterWidth', int32],
    ['filterHeight', int32],
    ['fusedActivationFunction', int8],
  ],
  ConcatenationOptions: [
    ['axis', int32],
    ['fusedActivationFunction', int8],
  ],
  AddOptions: [
    ['fusedActivationFunction', int8],
    ['potScaleInt16', { scalar: 'bool', otherwise: 1 }],
  ],
  ResizeBilinearOptions: [
    ['newHeight', int32],
    ['newWidth', int32],
    ['alignCorners', bool],
    ['halfPixelCenters', bool],
  ],
  ReshapeOptions: [['newShape', indices]],
  PadOptions: [],
  DequantizeOptions: [],
  DepthToSpaceOptions: [['blockSize', int32]],
  DensifyOptions: [],
  Buffer: [['data', { vectorOf: 'uint8' }]],
  Metadata: [
    ['name', 'string'],
    ['buffer', uint32],
  ],
};

/** TensorType of the schema. */
export const TENSOR_TYPE = { float32: 0, float16: 1, int32: 2 } as const;

/** BuiltinOperator of the schema, as far as BlazePose goes. */
export const BUILTIN_OPERATORS: Readonly<Record<number, string>> = {
  0: 'ADD',
  2: 'CONCATENATION',
  3: 'CONV_2D',
  4: 'DEPTHWISE_CONV_2D',
  5: 'DEPTH_TO_SPACE',
  6: 'DEQUANTIZE',
  14: 'LOGISTIC',
  17: 'MAX_POOL_2D',
  22: 'RESHAPE',
  23: 'RESIZE_BILINEAR',
  34: 'PAD',
  124: 'DENSIFY',
};

export interface TfliteModel {
  readonly operatorCodes: readonly { readonly deprecatedBuiltinCode: number; readonly builtinCode: number }[];
  readonly subgraphs: readonly TfliteGraph[];
  readonly buffers: readonly { readonly data?: Uint8Array }[];
  readonly metadata: readonly { readonly name: string; readonly buffer: number }[];
}

export interface TfliteGraph {
  readonly tensors: readonly TfliteTensor[];
  readonly inputs: Int32Array;
  readonly outputs: Int32Array;
  readonly operators: readonly TfliteOperator[];
}

export interface TfliteTensor {
  /** NHWC for activations. */
  readonly shape: Int32Array;
  readonly type: number;
  readonly buffer: number;
  readonly name: string;
  readonly sparsity?: TfliteSparsity;
}

export interface TfliteSparsity {
  readonly traversalOrder: Int32Array;
  readonly blockMap?: Int32Array;
  readonly dimMetadata: readonly {
    readonly format: number;
    readonly denseSize: number;
    readonly arraySegments?: UnionValue;
    readonly arrayIndices?: UnionValue;
  }[];
}

export interface TfliteOperator {
  readonly opcodeIndex: number;
  readonly inputs: Int32Array;
  readonly outputs: Int32Array;
  readonly builtinOptions?: { readonly value: Readonly<Record<string, number | ScalarVector>> };
}

/** Reads a .tflite file. The schema above is the proof of the shape. */
export function readTflite(bytes: Uint8Array): TfliteModel {
  return readFlatbuffer(bytes, TFLITE_SCHEMA, 'Model') as unknown as TfliteModel;
}
