import { describe, expect, it } from '@jest/globals';
import type { TensorInfo } from '../../src/inference/model-manifest.ts';
import { describeNetwork, roleMismatch, rolesOf } from '../../src/inference/model-roles.ts';

function tensor(name: string, shape: (number | string)[], type = 'float32'): TensorInfo {
  return { name, type, shape };
}

function yolo(input: (number | string)[], output: (number | string)[]) {
  return { inputs: [tensor('images', input)], outputs: [tensor('output0', output)] };
}

describe('the role of a network', () => {
  it.each([
    ['fixed size and batch', [1, 3, 640, 640], [1, 5, 8400]],
    ['dynamic size and batch', ['batch', 3, 'height', 'width'], ['batch', 20, 'anchors']],
    ['landmarks without visibility', ['batch', 3, 640, 640], ['batch', 15, 8400]],
    ['an export that leaves the rows open', ['b', 3, 'h', 'w'], ['b', 'rows', 'anchors']],
  ])('is face detector for a YOLOv8-face export with %s', (_, input, output) => {
    expect(roleMismatch('face-detector', yolo(input, output))).toBeNull();
  });

  it.each([
    ['of any side', [1, 3, 160, 160]],
    ['with the colours last', ['b', 160, 160, 3]],
    ['of a size left open', ['b', 3, 'h', 'w']],
  ])('is face embedder for a network of squares %s', (_, input) => {
    expect(rolesOf(yolo(input, ['b', 128]))).toEqual(['face-embedder']);
  });

  it('is said in one sentence when it is another one', () => {
    const objects = yolo([1, 3, 640, 640], [1, 84, 8400]);
    expect(roleMismatch('face-detector', objects)).toBe(
      'expected a YOLOv8-face export: one float32 input [batch,3,height,width] and one float32 output [batch,5|15|20,anchors]; found input images float32 [1,3,640,640], output output0 float32 [1,84,8400]',
    );
  });

  it('needs single precision, the right number of tensors and fixed sizes where the contract has them', () => {
    const half = {
      inputs: [tensor('images', [1, 3, 640, 640], 'float16')],
      outputs: [tensor('o', [1, 5, 8400])],
    };
    expect(roleMismatch('face-detector', half)).toContain('float16');
    const two = { inputs: half.inputs, outputs: [...half.outputs, ...half.outputs] };
    expect(roleMismatch('face-detector', two)).not.toBeNull();
    expect(roleMismatch('face-embedder', yolo(['b', 3, 160, 112], ['b', 128]))).not.toBeNull();
    expect(roleMismatch('face-embedder', yolo(['b', 1, 112, 112], ['b', 128]))).not.toBeNull();
    expect(roleMismatch('pose-bundle', two)).toContain('MediaPipe');
  });

  it('is found from the shapes alone', () => {
    expect(rolesOf(yolo(['b', 3, 112, 112], ['b', 128]))).toEqual(['face-embedder']);
    expect(rolesOf(yolo([1, 3, 640, 640], [1, 84, 8400]))).toEqual([]);
  });

  it('is described with names, types and shapes', () => {
    expect(describeNetwork(yolo(['b', 3, 112, 112], ['b', 128]))).toBe(
      'input images float32 [b,3,112,112], output output0 float32 [b,128]',
    );
  });
});
