/** Assembles the `.task` bundle of MediaPipe's Tasks API from the networks of the older `@mediapipe/pose` package. */
import { readFlatbuffer, type Table, writeFlatbuffer } from './flatbuffer-schema.ts';
import { endOfDirectory, storedZip } from './stored-zip.ts';
import { type NetworkMetadata, writeMetadata } from './tflite-metadata.ts';
import { TFLITE_IDENTIFIER, TFLITE_SCHEMA } from './tflite-schema.ts';

/** Google's words, the mistaken name included: they are part of the bytes. */
const DETECTOR: NetworkMetadata = {
  name: 'Full Range Face Detection',
  description: 'Detects human face with frontal camera',
  input: { description: 'Input image to be detected', mean: 127.5, std: 127.5, range: [-1, 1] },
  outputs: [
    ['raw boxes/keypoints', 'Undecoded face bboxes location and keypoints'],
    ['scores', 'Scores of the detected bboxes.'],
  ],
};

const LANDMARKS: NetworkMetadata = {
  name: 'Pose Landmark',
  description: 'Detects human pose landmarks with frontal camera.',
  input: { description: 'Input image to be landmarked', mean: 0, std: 255, range: [0, 1] },
  outputs: [
    ['landmarks', 'Pose landmarks'],
    ['presence', 'Presence of pose.'],
    ['segmentation_mask', 'Segmentation mask for pose.'],
    ['heat_map', 'Heat map for pose.'],
    ['world_landmarks', 'World landmarks for pose.'],
  ],
};

/** Networks start at multiples of this, so that they can be used where they lie in memory. */
const ALIGNMENT = 4;

/**
 * The bundle of a pose detector and a landmark network (.tflite files). From the lite network of `@mediapipe/pose` it comes out byte
 * for byte as Google publishes it.
 */
export function poseBundle(detector: Uint8Array, landmarks: Uint8Array): Uint8Array {
  return storedZip(
    [
      { name: 'pose_detector.tflite', data: withMetadata(detector, DETECTOR) },
      { name: 'pose_landmarks_detector.tflite', data: withMetadata(landmarks, LANDMARKS) },
    ],
    ALIGNMENT,
  );
}

/** A network with metadata: one more buffer, and behind the model an archive of associated files, of which there are none. */
function withMetadata(network: Uint8Array, metadata: NetworkMetadata): Uint8Array {
  const model = readFlatbuffer(network, TFLITE_SCHEMA, 'Model');
  const { buffers, metadata: entries } = model as { buffers: readonly Table[]; metadata: readonly Table[] };
  const described = writeFlatbuffer(
    {
      ...model,
      buffers: [...buffers, { data: writeMetadata(metadata) }],
      metadata: [...entries, { name: 'TFLITE_METADATA', buffer: buffers.length }],
    },
    TFLITE_SCHEMA,
    'Model',
    TFLITE_IDENTIFIER,
  );
  return Buffer.concat([described, endOfDirectory([], described.length)]);
}
