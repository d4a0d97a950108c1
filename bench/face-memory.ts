/** `npm run bench -- face-memory`: whether detecting and embedding faces in thousands of frames leaves memory where it was. */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import { ADA, drawPerson } from '../demo/draw-person.ts';
import type { RgbImage } from '../src/geometry/rgb-image.ts';
import { openModel } from '../src/inference/model-store.ts';
import { FaceDetector } from '../src/vision/face-detector.ts';
import { FaceEmbedder } from '../src/vision/face-embedder.ts';

/** Sizes of the frames, in turn: a worker's videos change their size, and buffers with them. */
const SIZES = [
  { width: 1280, height: 720 },
  { width: 720, height: 1280 },
  { width: 640, height: 480 },
];

const FRAMES_PER_SIZE = 250;
const HEAD_SHARE = 0.1;

/** @param args the command line after `face-memory`: --frames N [2000] */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { frames: { type: 'string', default: '2000' } } });
  const detector = await FaceDetector.load(await openModel('face-detector', { role: 'face-detector' }));
  const embedder = new FaceEmbedder(await openModel('face-embedder', { role: 'face-embedder' }));
  const frames = await Promise.all(SIZES.map(drawFrame));
  let faces = 0;
  for (let i = 0; i < Number(values.frames); i++) {
    const frame = frames[Math.floor(i / FRAMES_PER_SIZE) % frames.length];
    if (frame === undefined) continue;
    const found = await detector.detect(frame);
    faces += (await embedder.embed(frame, found)).length;
    if ((i + 1) % FRAMES_PER_SIZE === 0) {
      collectGarbage();
      const megabytes = Math.round(process.memoryUsage.rss() / 2 ** 20);
      process.stdout.write(
        `${i + 1} frames of ${frame.width}x${frame.height}: ${faces} faces, RSS ${megabytes} MiB\n`,
      );
    }
  }
}

/** Without it the figures rise for minutes, until the collector bothers, and would look like a leak. */
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
