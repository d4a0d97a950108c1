import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MODELS_DIRECTORY } from '../../src/inference/model-store.ts';
import { OnnxSession } from '../../src/inference/onnx-session.ts';
import { constantNetwork, yoloNetwork } from '../helpers/onnx-network.ts';

const embedderFile = join(MODELS_DIRECTORY, 'face-embedder.onnx');
const image = { data: new Float32Array(3 * 64 * 64), shape: [1, 3, 64, 64] };

describe('an ONNX session', () => {
  it('tells the names, types and shapes of its network, dynamic dimensions by name', async () => {
    const session = await OnnxSession.create('embedder', await readFile(embedderFile));
    expect(session.inputs).toEqual([{ name: 'images', type: 'float32', shape: ['batch', 3, 112, 112] }]);
    expect(session.outputs).toEqual([{ name: 'embedding', type: 'float32', shape: ['batch', 128] }]);
    await session.close();
  });

  it('gives the same answer with one thread and with two', async () => {
    const bytes = await readFile(embedderFile);
    const data = Float32Array.from({ length: 2 * 3 * 112 * 112 }, (_, i) => (i % 251) / 251);
    const answers = [];
    for (const threads of [1, 2]) {
      const session = await OnnxSession.create('embedder', bytes, threads);
      const { embedding } = await session.run({ images: { data, shape: [2, 3, 112, 112] } });
      answers.push(embedding);
      await session.close();
    }
    const [one, two] = answers;
    expect(one?.shape).toEqual([2, 128]);
    one?.data.forEach((value, i) => {
      expect(value).toBeCloseTo(two?.data[i] ?? Number.NaN, 5);
    });
  });

  it('takes back what a run gave when the next one begins', async () => {
    const session = await OnnxSession.create('small', yoloNetwork(5, Float32Array.of(1, 2, 3, 4, 0)));
    const { output0: first } = await session.run({ images: image });
    const kept = first?.data.slice();
    const { output0: second } = await session.run({ images: image });
    expect(first?.data).toHaveLength(0);
    expect(second?.data).toEqual(kept);
    await session.close();
  });

  it('refuses bytes that are no network, and a network that was cut off', async () => {
    const truncated = (await readFile(embedderFile)).subarray(0, 100_000);
    for (const bytes of [Buffer.from('hello'), Buffer.alloc(0), truncated]) {
      await expect(OnnxSession.create('broken.onnx', bytes)).rejects.toMatchObject({
        code: 'MODEL_INVALID',
        message: expect.stringMatching(/^broken\.onnx is not an ONNX network that can be run[^\n]*$/),
      });
    }
  });

  it('says of a network whose weights lie in a second file how it becomes one', async () => {
    const values = { values: new Float32Array(2), valuesShape: [1, 2], valuesFile: 'half.onnx.data' };
    const bytes = constantNetwork([{ name: 'x', shape: [1] }], [{ name: 'y', shape: [1, 2], ...values }]);
    await expect(OnnxSession.create('half.onnx', bytes)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(
        /^half\.onnx is only half of an ONNX network, its weights lie in a second file: save it as one.*save_as_external_data=False[^\n]*$/,
      ),
    });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses an output that holds %d, wherever',
    async (value) => {
      for (let at = 0; at < 5; at++) {
        const output = Float32Array.from({ length: 5 }, (_, i) => (i === at ? value : i));
        const session = await OnnxSession.create('damaged', yoloNetwork(5, output));
        await expect(session.run({ images: image })).rejects.toMatchObject({
          code: 'MODEL_INVALID',
          message: expect.stringContaining('damaged: output output0 holds NaN or infinity'),
        });
      }
    },
  );

  it('says when an input does not fit', async () => {
    const session = await OnnxSession.create('small', yoloNetwork(5, new Float32Array(5)));
    await expect(session.run({ pictures: image })).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('small failed to run'),
    });
  });
});
