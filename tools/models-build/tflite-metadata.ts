/** TensorFlow Lite model metadata (metadata_schema.fbs): tells MediaPipe's Tasks API how pictures are fed to a network. */
import { type Schema, writeFlatbuffer } from './flatbuffer-schema.ts';

const METADATA_IDENTIFIER = 'M001';
const COLOUR_SPACE_RGB = 1;

const METADATA_SCHEMA: Schema = {
  ModelMetadata: [
    ['name', 'string'],
    ['description', 'string'],
    ['version', 'string'],
    ['subgraphMetadata', { vectorOf: { table: 'SubGraphMetadata' } }],
    ['author', 'string'],
    ['license', 'string'],
    ['associatedFiles', { vectorOf: 'uint8' }],
    ['minParserVersion', 'string'],
  ],
  SubGraphMetadata: [
    ['name', 'string'],
    ['description', 'string'],
    ['inputTensorMetadata', { vectorOf: { table: 'TensorMetadata' } }],
    ['outputTensorMetadata', { vectorOf: { table: 'TensorMetadata' } }],
  ],
  TensorMetadata: [
    ['name', 'string'],
    ['description', 'string'],
    ['dimensionNames', { vectorOf: 'uint8' }],
    ['content', { table: 'Content' }],
    ['processUnits', { vectorOf: { table: 'ProcessUnit' } }],
    ['stats', { table: 'Stats' }],
  ],
  Content: [['contentProperties', { union: { 1: 'FeatureProperties', 2: 'ImageProperties' } }]],
  FeatureProperties: [],
  ImageProperties: [['colorSpace', { scalar: 'int8' }]],
  ProcessUnit: [['options', { union: { 1: 'NormalizationOptions' } }]],
  NormalizationOptions: [
    ['mean', { vectorOf: 'float32' }],
    ['std', { vectorOf: 'float32' }],
  ],
  Stats: [
    ['max', { vectorOf: 'float32' }],
    ['min', { vectorOf: 'float32' }],
  ],
};

export interface NetworkMetadata {
  readonly name: string;
  readonly description: string;
  readonly input: {
    readonly description: string;
    /** A byte b goes in as (b - mean) / std. */
    readonly mean: number;
    readonly std: number;
    /** What goes in for the bytes 0 and 255. */
    readonly range: readonly [low: number, high: number];
  };
  /** Name and description of each output, in the network's order. */
  readonly outputs: readonly (readonly [name: string, description: string])[];
}

/** The metadata of a network with one RGB picture as input, as a file of its own. */
export function writeMetadata({ name, description, input, outputs }: NetworkMetadata): Uint8Array {
  const [low, high] = input.range;
  const picture = {
    name: 'image',
    description: input.description,
    content: { contentProperties: { kind: 'ImageProperties', value: { colorSpace: COLOUR_SPACE_RGB } } },
    processUnits: [
      {
        options: {
          kind: 'NormalizationOptions',
          value: { mean: Float32Array.of(input.mean), std: Float32Array.of(input.std) },
        },
      },
    ],
    stats: { max: Float32Array.of(high), min: Float32Array.of(low) },
  };
  const features = outputs.map(([output, meaning]) => ({
    name: output,
    description: meaning,
    content: { contentProperties: { kind: 'FeatureProperties', value: {} } },
    stats: {},
  }));
  const metadata = {
    name,
    description,
    version: '1',
    subgraphMetadata: [{ inputTensorMetadata: [picture], outputTensorMetadata: features }],
    author: 'MediaPipe',
    minParserVersion: '1.0.0',
  };
  return writeFlatbuffer(metadata, METADATA_SCHEMA, 'ModelMetadata', METADATA_IDENTIFIER);
}
