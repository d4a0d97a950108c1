/** Which networks are built, and what from. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { clipInConvolution } from './clip-in-convolution.ts';
import { convolveBeforeResize } from './convolve-before-resize.ts';
import { type OnnxGraph, writeOnnx } from './onnx-writer.ts';
import { poseBundle } from './pose-bundle.ts';
import { skipDepthToSpace } from './skip-depth-to-space.ts';
import { readTflite } from './tflite-schema.ts';
import { type TranslationOptions, translateNetwork } from './tflite-to-onnx.ts';

const PACKAGE = '@mediapipe/pose';

/** Named in the files, so that they tell where they come from. */
const PRODUCER = 'clipping-worker models:build';

/** The package's archive of assets holds the detector and nothing else. */
const DETECTOR_SOURCE = 'pose_solution_packed_assets.data';

export const POSE_VARIANTS = ['lite', 'full', 'heavy'] as const;

export type PoseVariant = (typeof POSE_VARIANTS)[number];

/**
 * How the detector is rewritten to run faster: it takes some 13 % less time. The landmark networks have no such layers, or none that matter.
 * Clips come last: enlarging after a convolution leaves its Clip without one.
 */
const DETECTOR_REWRITINGS: readonly ((graph: OnnxGraph) => OnnxGraph)[] = [
  convolveBeforeResize,
  skipDepthToSpace,
  clipInConvolution,
];

const DETECTOR_NAMES: TranslationOptions = { input: 'input', outputs: { 0: 'boxes', 1: 'scores' } };

/** The third output, a mask of the person, is of no use here. */
const LANDMARKS_NAMES: TranslationOptions = {
  input: 'input',
  outputs: { 0: 'landmarks', 1: 'presence', 3: 'heatmap', 4: 'world' },
};

/** A file that is built: its name in the models folder, and how. */
export interface Product {
  readonly file: string;
  build(): Promise<Uint8Array>;
}

export function detectorProduct(): Product {
  return {
    file: 'pose-detector.onnx',
    build: async () => toOnnx(await readSource(DETECTOR_SOURCE), DETECTOR_NAMES, DETECTOR_REWRITINGS),
  };
}

export function landmarksProduct(variant: PoseVariant): Product {
  return {
    file: `pose-landmarks-${variant}.onnx`,
    build: async () => toOnnx(await readSource(landmarksSource(variant)), LANDMARKS_NAMES),
  };
}

/**
 * The detector and a landmark network in one file, for MediaPipe's Tasks API. The lite one is byte for byte what Google publishes and
 * lies where `npm run models -- fetch pose-landmarker-lite` would put it; those of full and heavy hold the same networks, but are 32
 * bytes longer than Google's, whose words for them are not known.
 */
export function bundleProduct(variant: PoseVariant): Product {
  const suffix = variant === 'lite' ? '' : '_built';
  return {
    file: `downloads/pose_landmarker_${variant}${suffix}.task`,
    build: async () =>
      poseBundle(await readSource(DETECTOR_SOURCE), await readSource(landmarksSource(variant))),
  };
}

function landmarksSource(variant: PoseVariant): string {
  return `pose_landmark_${variant}.tflite`;
}

function toOnnx(
  network: Uint8Array,
  options: TranslationOptions,
  rewritings: typeof DETECTOR_REWRITINGS = [],
): Uint8Array {
  const translated = translateNetwork(readTflite(network), options);
  return writeOnnx(
    rewritings.reduce((graph, rewrite) => rewrite(graph), translated),
    PRODUCER,
  );
}

async function readSource(file: string): Promise<Uint8Array> {
  const folder = dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`));
  return readFile(join(folder, file));
}
