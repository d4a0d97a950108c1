/** `npm run bench -- pose-memory`: whether looking for bodies in thousands of frames leaves memory where it was, with either engine. */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import { ADA, drawPerson } from '../demo/draw-person.ts';
import { WorkerError } from '../src/errors.ts';
import type { RgbImage } from '../src/geometry/rgb-image.ts';
import { loadPoseEngine, POSE_ENGINES } from '../src/vision/pose/load-pose-engine.ts';

/** A worker's videos change their size, and textures and buffers with them. */
const SIZES = [
  { width: 1280, height: 720 },
  { width: 720, height: 1280 },
  { width: 640, height: 480 },
];

const FRAMES_PER_SIZE = 250;
const HEAD_SHARE = 0.1;

/** @param args the command line after `pose-memory`: --engine onnx|tasks-vision [onnx] --frames N [2000] */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      engine: { type: 'string', default: 'onnx' },
      frames: { type: 'string', default: '2000' },
    },
  });
  const engine = POSE_ENGINES.find((name) => name === values.engine);
  if (engine === undefined) {
    throw new WorkerError('CONFIG_INVALID', `--engine is one of ${POSE_ENGINES.join(', ')}`);
  }
  const { landmarker } = await loadPoseEngine({ engine, model: 'lite', minPresence: 0.5 });
  const frames = await Promise.all(SIZES.map(drawFrame));
  let poses = 0;
  for (let i = 0; i < Number(values.frames); i++) {
    const frame = frames[Math.floor(i / FRAMES_PER_SIZE) % frames.length];
    if (frame === undefined) continue;
    poses += (await landmarker.detect(frame, [])).length;
    if ((i + 1) % FRAMES_PER_SIZE === 0) {
      collectGarbage();
      const megabytes = Math.round(process.memoryUsage.rss() / 2 ** 20);
      process.stdout.write(
        `${i + 1} frames, the last of ${frame.width}x${frame.height}: ${poses} poses, RSS ${megabytes} MiB\n`,
      );
    }
  }
  await landmarker.close();
}

/** Without it the figures rise until the collector bothers, and would look like a leak. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

async function drawFrame({ width, height }: { width: number; height: number }): Promise<RgbImage> {
  const { png } = await drawPerson(ADA, HEAD_SHARE * width);
  const { data } = await sharp({ create: { width, height, channels: 3, background: '#5d6b7e' } })
    .composite([{ input: png, gravity: 'south' }])
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width, height, data };
}
