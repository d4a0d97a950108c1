/** `npm run bench -- memory`: whether looking at thousands of frames leaves memory where it was, for each engine of the networks. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import { ADA, drawPerson } from '../demo/draw-person.ts';
import { parseArguments } from '../src/command-line.ts';
import { WorkerError } from '../src/errors.ts';
import type { Size } from '../src/geometry/box.ts';
import type { RgbImage } from '../src/geometry/rgb-image.ts';
import { openModel } from '../src/inference/model-store.ts';
import { FaceDetector } from '../src/vision/face-detector.ts';
import { FaceEmbedder } from '../src/vision/face-embedder.ts';
import { loadPoseEngine, type POSE_ENGINES } from '../src/vision/pose/load-pose-engine.ts';
import { positiveInteger } from '../tools/number-options.ts';

/** Sizes of the frames, in turn: a worker's videos change their size, and buffers and textures with them. */
const SIZES = [
  { width: 1280, height: 720 },
  { width: 720, height: 1280 },
  { width: 640, height: 480 },
];

const FRAMES_PER_SIZE = 250;
const HEAD_SHARE = 0.1;

/** Finds what there is in a frame and says how much that was. */
type Look = (frame: RgbImage) => Promise<number>;

const ENGINES: Readonly<Record<string, () => Promise<Look>>> = {
  faces: async () => {
    const detector = await FaceDetector.load(await openModel('face-detector', { role: 'face-detector' }));
    const embedder = await FaceEmbedder.load(await openModel('face-embedder', { role: 'face-embedder' }));
    return async (frame) => (await embedder.embed(frame, await detector.detect(frame))).length;
  },
  onnx: () => posesBy('onnx'),
  'tasks-vision': () => posesBy('tasks-vision'),
};

/** @param args the command line after `memory`: --engine faces|onnx|tasks-vision [faces] --frames N [2000] */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: { engine: { type: 'string', default: 'faces' }, frames: { type: 'string', default: '2000' } },
  });
  const count = positiveInteger('--frames', values.frames);
  const look = await (Object.hasOwn(ENGINES, values.engine) ? ENGINES[values.engine]?.() : undefined);
  if (look === undefined) {
    throw new WorkerError('CONFIG_INVALID', `--engine is one of ${Object.keys(ENGINES).join(', ')}`);
  }
  const frames = await Promise.all(SIZES.map(drawFrame));
  let found = 0;
  for (let i = 0; i < count; i++) {
    const frame = frames[Math.floor(i / FRAMES_PER_SIZE) % frames.length] as RgbImage;
    found += await look(frame);
    if ((i + 1) % FRAMES_PER_SIZE !== 0) continue;
    collectGarbage();
    const megabytes = Math.round(process.memoryUsage.rss() / 2 ** 20);
    process.stdout.write(
      `${i + 1} frames, the last of ${frame.width}x${frame.height}: ${found} found, RSS ${megabytes} MiB\n`,
    );
  }
}

async function posesBy(engine: (typeof POSE_ENGINES)[number]): Promise<Look> {
  const { landmarker } = await loadPoseEngine({ engine, model: 'lite', minPresence: 0.5 });
  return async (frame) => (await landmarker.detect(frame, [])).length;
}

/** Without it the figures rise until the collector bothers, and would look like a leak. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

async function drawFrame({ width, height }: Size): Promise<RgbImage> {
  const { png } = await drawPerson(ADA, HEAD_SHARE * width);
  const { data } = await sharp({ create: { width, height, channels: 3, background: '#5d6b7e' } })
    .composite([{ input: png, gravity: 'south' }])
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width, height, data };
}
