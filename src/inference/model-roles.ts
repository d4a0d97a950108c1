/** The tensor contract of each role: what a network must take and give before the worker will run it in that place. */
import type { ModelRole, TensorInfo } from './model-manifest.ts';

/** A fixed size, one of several sizes, any size that is the same wherever it says `side`, or (null) any size; the last two may be dynamic. */
type DimensionPattern = number | readonly number[] | 'side' | null;

interface Signature {
  readonly inputs: readonly (readonly DimensionPattern[])[];
  readonly outputs: readonly (readonly DimensionPattern[])[];
}

interface RoleContract {
  /** A network has one of them. */
  readonly signatures: readonly Signature[];
  /** The contract in words, for error messages. */
  readonly summary: string;
}

const CONTRACTS: Readonly<Record<Exclude<ModelRole, 'pose-bundle'>, RoleContract>> = {
  'face-detector': {
    signatures: [{ inputs: [[null, 3, null, null]], outputs: [[null, [5, 15, 20], null]] }],
    summary:
      'a YOLOv8-face export: one float32 input [batch,3,height,width] and one float32 output [batch,5|15|20,anchors]',
  },
  'face-embedder': {
    signatures: [
      { inputs: [[null, 3, 'side', 'side']], outputs: [[null, null]] },
      { inputs: [[null, 'side', 'side', 3]], outputs: [[null, null]] },
    ],
    summary:
      'one float32 input of squares, [batch,3,side,side] or [batch,side,side,3], and one float32 output [batch,dimensions]',
  },
  'pose-detector': {
    signatures: [
      {
        inputs: [[1, 3, 224, 224]],
        outputs: [
          [1, 2254, 12],
          [1, 2254, 1],
        ],
      },
    ],
    summary: 'BlazePose’s detector: float32 [1,3,224,224] to boxes [1,2254,12] and scores [1,2254,1]',
  },
  'pose-landmarks': {
    signatures: [
      {
        inputs: [[1, 3, 256, 256]],
        outputs: [
          [1, 195],
          [1, 1],
          [1, 64, 64, 39],
          [1, 117],
        ],
      },
    ],
    summary:
      'BlazePose’s landmark network: float32 [1,3,256,256] to landmarks [1,195], presence [1,1], heatmap [1,64,64,39] and world [1,117]',
  },
};

/** A network's own account of its inputs and outputs. */
export interface NetworkShape {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/**
 * Says in one sentence how a network breaks the contract of a role, or null when it keeps it.
 * A bundle is no ONNX network and has no contract here.
 */
export function roleMismatch(role: ModelRole, network: NetworkShape): string | null {
  if (role === 'pose-bundle') return 'a pose bundle is read by MediaPipe, not by ONNX Runtime';
  const contract = CONTRACTS[role];
  const keeps = contract.signatures.some(
    ({ inputs, outputs }) => matches(network.inputs, inputs) && matches(network.outputs, outputs),
  );
  return keeps ? null : `expected ${contract.summary}; found ${describeNetwork(network)}`;
}

/** The roles whose contract a network keeps. */
export function rolesOf(network: NetworkShape): ModelRole[] {
  return (Object.keys(CONTRACTS) as ModelRole[]).filter((role) => roleMismatch(role, network) === null);
}

/** Names, types and shapes of a network, as `input images float32 [batch,3,640,640], output ...`. */
export function describeNetwork({ inputs, outputs }: NetworkShape): string {
  return [
    ...inputs.map((tensor) => `input ${describeTensor(tensor)}`),
    ...outputs.map((tensor) => `output ${describeTensor(tensor)}`),
  ].join(', ');
}

function describeTensor({ name, type, shape }: TensorInfo): string {
  return `${name} ${type} [${shape.join(',')}]`;
}

function matches(
  tensors: readonly TensorInfo[],
  patterns: readonly (readonly DimensionPattern[])[],
): boolean {
  return (
    tensors.length === patterns.length &&
    patterns.every((pattern, i) => {
      const tensor = tensors[i];
      return (
        tensor?.type === 'float32' &&
        tensor.shape.length === pattern.length &&
        pattern.every((dimension, axis) => fits(tensor.shape[axis], dimension)) &&
        isSquare(tensor.shape.filter((_size, axis) => pattern[axis] === 'side'))
      );
    })
  );
}

function isSquare(sides: TensorInfo['shape']): boolean {
  return new Set(sides.filter((side) => typeof side === 'number')).size <= 1;
}

function fits(size: number | string | undefined, pattern: DimensionPattern): boolean {
  if (pattern === null || pattern === 'side') return true;
  // Some exporters leave a size open that the graph fixes; the detector checks it on its first run.
  if (typeof size === 'string') return typeof pattern !== 'number';
  return typeof pattern === 'number' ? size === pattern : size !== undefined && pattern.includes(size);
}
