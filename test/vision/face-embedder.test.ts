import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openModel } from '../../src/inference/model-store.ts';
import { FaceDetector } from '../../src/vision/face-detector.ts';
import { FaceEmbedder } from '../../src/vision/face-embedder.ts';
import { dotProduct } from '../helpers/dot-product.ts';
import { bakedNetwork, constantNetwork } from '../helpers/onnx-network.ts';
import { drawTwoPeople, resizePicture } from '../helpers/pictures.ts';
import { describeWithShared, sharedPath } from '../helpers/shared.ts';

let detector: FaceDetector;
let embedder: FaceEmbedder;
let folder: string;

beforeAll(async () => {
  detector = await FaceDetector.load(await openModel('face-detector', { role: 'face-detector' }));
  embedder = await FaceEmbedder.load(await openModel('face-embedder', { role: 'face-embedder' }));
  folder = await mkdtemp(join(tmpdir(), 'embedder-'));
});

afterAll(async () => {
  await detector.close();
  await embedder.close();
  await rm(folder, { recursive: true });
});

async function embedderOf(network: Buffer): Promise<FaceEmbedder> {
  const file = join(folder, `${crypto.randomUUID()}.onnx`);
  await writeFile(file, network);
  return FaceEmbedder.load(await openModel(file, { role: 'face-embedder' }));
}

/** An embedder that answers each batch with the same vectors. */
async function constantEmbedder(batch: number, vectors: number[][]): Promise<FaceEmbedder> {
  const dimensions = vectors[0]?.length ?? 0;
  const values = Float32Array.from(vectors.flat());
  const network = constantNetwork(
    [{ name: 'faces', shape: [batch, 3, 112, 112] }],
    [{ name: 'vectors', shape: [batch, dimensions], values, valuesShape: [vectors.length, dimensions] }],
  );
  return embedderOf(network);
}

describe('the face embedder', () => {
  it('says what is not known of a network outside the manifest', async () => {
    const unknown = await constantEmbedder(1, [[3, 4]]);
    expect(unknown.description.warning).toContain('not described in the model manifest');
    expect(embedder.description).not.toHaveProperty('warning');
    await unknown.close();
  });

  it('refuses a network that does not give one vector for each face', async () => {
    await expect(constantEmbedder(2, [[3, 4, 0, 0]])).rejects.toThrow(
      'an output of shape [1, 4] for 2 faces',
    );
  });

  it('refuses a network that takes one face alone, whatever it says, before the first video', async () => {
    const vector = { values: Float32Array.of(3, 4), valuesShape: [1, 2] };
    const input = { name: 'faces', shape: ['batch', 3, 112, 112] };
    const network = bakedNetwork(input, [1, 3 * 112 * 112], {
      name: 'vectors',
      shape: ['batch', 2],
      ...vector,
    });
    await expect(embedderOf(network)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(
        /\.onnx failed to run on faces \[2,3,112,112\], although it says that it takes \[batch,3,112,112\] \(.*export it with fixed sizes\): [^\n]*$/,
      ),
    });
  });

  it('gives vectors of length 1, nearer for one person in two sizes than for two people', async () => {
    const { image } = await drawTwoPeople(1280, 720);
    const small = await resizePicture(image, 800, 450);
    const byPlace = async (picture: typeof image) => {
      const faces = (await detector.detect(picture)).toSorted((a, b) => a.box.x - b.box.x);
      return embedder.embed(picture, faces);
    };
    const [ada, ben] = await byPlace(image);
    const [smallAda, smallBen] = await byPlace(small);
    expect(ada).toHaveLength(128);
    for (const vector of [ada, ben, smallAda, smallBen]) expect(dotProduct(vector, vector)).toBeCloseTo(1, 5);
    const between = dotProduct(ada, ben);
    expect(dotProduct(ada, smallAda)).toBeGreaterThan(between);
    expect(dotProduct(ben, smallBen)).toBeGreaterThan(between);
  });

  it('gives the same vector alone and in a crowd of more than one batch', async () => {
    const { image } = await drawTwoPeople(1280, 720);
    const faces = await detector.detect(image);
    const crowd = Array.from({ length: 19 }, (_, i) => faces[i % faces.length] ?? faces[0]).flatMap((face) =>
      face === undefined ? [] : [face],
    );
    const together = await embedder.embed(image, crowd);
    const alone = await embedder.embed(image, crowd.slice(0, 1));
    expect(together).toHaveLength(19);
    expect(dotProduct(together[18], alone[0])).toBeCloseTo(1, 5);
  });

  it('embeds a face without landmarks by its box, near the same face with landmarks', async () => {
    const { image } = await drawTwoPeople(1280, 720);
    const faces = await detector.detect(image);
    const [withLandmarks] = await embedder.embed(image, faces);
    const [byBox] = await embedder.embed(
      image,
      faces.map(({ box }) => ({ box, landmarks: null })),
    );
    expect(dotProduct(withLandmarks, byBox)).toBeGreaterThan(0.5);
  });

  it('has nothing to say without faces, and bears a face at the border or of no size', async () => {
    const { image } = await drawTwoPeople(320, 180);
    expect(await embedder.embed(image, [])).toEqual([]);
    const odd = [
      { x: -100, y: -100, width: 50, height: 50 },
      { x: 5, y: 5, width: 0, height: 0 },
    ].map((box) => ({ box, landmarks: null }));
    for (const vector of await embedder.embed(image, odd))
      expect(dotProduct(vector, vector)).toBeCloseTo(1, 5);
  });

  it('may be fixed to a batch and give vectors of any length', async () => {
    const fixed = await constantEmbedder(2, [
      [3, 4],
      [0, 2],
    ]);
    const { image, faces } = await drawTwoPeople(320, 180);
    const boxes = [...faces, ...faces].slice(0, 3).map((box) => ({ box, landmarks: null }));
    const vectors = await fixed.embed(image, boxes);
    const expected = [
      [0.6, 0.8],
      [0, 1],
      [0.6, 0.8],
    ];
    expect(vectors.map((vector) => [...vector].map((value) => Math.round(value * 1e6) / 1e6))).toEqual(
      expected,
    );
  });

  it.each([[[2, 3, 160, 160]], [[2, 96, 96, 3]], [['batch', 3, 'height', 'width']]])(
    'may take squares %j',
    async (shape) => {
      const values = Float32Array.of(3, 4, 0, 2);
      const vectors = { name: 'vectors', shape: [shape[0] ?? 2, 2], values, valuesShape: [2, 2] };
      const other = await embedderOf(constantNetwork([{ name: 'faces', shape }], [vectors]));
      const { image, faces } = await drawTwoPeople(320, 180);
      const boxes = faces.slice(0, 2).map((box) => ({ box, landmarks: null }));
      const lengths = (await other.embed(image, boxes)).map((vector) => dotProduct(vector, vector));
      expect(lengths).toEqual([expect.closeTo(1, 5), expect.closeTo(1, 5)]);
      await other.close();
    },
  );

  it.each([
    ['a vector that has no direction', [0, 0]],
    ['NaN', [Number.NaN, 1]],
  ])('refuses a network that gives %s before the first video', async (_what, vector) => {
    await expect(constantEmbedder(1, [vector])).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });
});

describeWithShared('another embedder', () => {
  it('is used with its own size of vector', async () => {
    const file = sharedPath('models/embedding/mobilefacenet_foamliu_dynbatch.onnx');
    const other = await FaceEmbedder.load(await openModel(file, { role: 'face-embedder' }));
    const { image } = await drawTwoPeople(640, 360);
    const [vector] = await other.embed(image, await detector.detect(image));
    expect(dotProduct(vector, vector)).toBeCloseTo(1, 5);
    await other.close();
  });
});
