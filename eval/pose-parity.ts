/** `npm run eval -- pose-parity FILE...`: how far the two pose engines agree, picture by picture. */
import { basename } from 'node:path';
import { parseArguments, usage } from '../src/command-line.ts';
import type { RgbImage } from '../src/geometry/rgb-image.ts';
import { openModel } from '../src/inference/model-store.ts';
import { BlazePoseNetworks } from '../src/vision/pose/blazepose-networks.ts';
import { loadPoseEngine, POSE_MODELS } from '../src/vision/pose/load-pose-engine.ts';
import type { PoseLandmarker } from '../src/vision/pose/pose-landmarker.ts';
import { positiveNumber } from '../tools/number-options.ts';
import { type LandmarkError, LandmarkErrorMeter } from './landmark-error.ts';
import { ownSpread } from './pose-rounding.ts';
import { readPicture } from './read-picture.ts';
import { videoFrames } from './video-frames.ts';

const HELP = `Compares POSE_ENGINE=onnx with POSE_ENGINE=tasks-vision on single pictures, one body each.

Usage: npm run -s eval -- pose-parity FILE... [--model ${POSE_MODELS.join('|')}] [--interval SECONDS]

  FILE        pictures (.jpg, .png), or videos, of which one frame is taken every --interval seconds [2]

The last two columns tell how sharp the comparison can be: how far the landmarks of POSE_ENGINE=onnx move in that picture when the last
bits of its detector change as they do between two programs.

The bundle of tasks-vision is needed: npm run models:build -- full --bundle, or npm run models -- fetch pose-landmarker-full.`;

/** Distances between the landmarks of both engines in one picture, px; null where both see nobody. */
export type Parity = LandmarkError | null;

/** @param args the command line after `pose-parity` */
export async function evaluate(args: string[]): Promise<void> {
  const { values, positionals } = parseArguments({
    args,
    allowPositionals: true,
    options: {
      model: { type: 'string', default: 'lite' },
      interval: { type: 'string', default: '2' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const model = POSE_MODELS.find((name) => name === values.model);
  if (positionals.length === 0 || model === undefined) throw usage('name files and a model');
  const intervalMs = positiveNumber('--interval', values.interval) * 1000;
  const options = { model, minPresence: 0.5, maxPoses: 1 };
  const [ours, official, networks] = await Promise.all([
    loadPoseEngine({ engine: 'onnx', ...options }),
    loadPoseEngine({ engine: 'tasks-vision', ...options }),
    loadNetworks(model),
  ]);
  process.stdout.write(`${'picture'.padEnd(44)} mean px   max px own mean  own max\n`);
  for (const file of positionals) {
    for await (const { name, image } of picturesOf(file, intervalMs)) {
      const parity = await comparePoses(image, ours.landmarker, official.landmarker);
      const own = await ownSpread(image, networks);
      process.stdout.write(
        `${name.padEnd(44)} ${describe(parity)}${own === null ? '' : ` ${figures(own)}`}\n`,
      );
    }
  }
  await Promise.all([ours.landmarker.close(), official.landmarker.close(), networks.close()]);
}

async function loadNetworks(model: string): Promise<BlazePoseNetworks> {
  return BlazePoseNetworks.load(
    await openModel('pose-detector', { role: 'pose-detector' }),
    await openModel(`pose-landmarks-${model}`, { role: 'pose-landmarks' }),
  );
}

/** How far the bodies lie apart that two engines see in a picture of one person. */
export async function comparePoses(
  image: RgbImage,
  ours: PoseLandmarker,
  official: PoseLandmarker,
): Promise<Parity> {
  const [found] = await ours.detect(image, []);
  const [expected] = await official.detect(image, []);
  if (found === undefined && expected === undefined) return null;
  const meter = new LandmarkErrorMeter();
  const flat = found?.landmarks.map(({ x, y }) => [x, y]) ?? null;
  meter.add(flat, expected?.landmarks.map(({ x, y }) => [x, y]) ?? []);
  return meter.error();
}

async function* picturesOf(
  file: string,
  intervalMs: number,
): AsyncGenerator<{ name: string; image: RgbImage }> {
  if (/\.(jpe?g|png)$/i.test(file)) {
    yield { name: basename(file), image: await readPicture(file) };
    return;
  }
  for await (const frame of videoFrames(file, intervalMs)) {
    yield { name: `${basename(file)} at ${(frame.timestampMs / 1000).toFixed(1)} s`, image: frame };
  }
}

function describe(parity: Parity): string {
  if (parity === null) return 'nobody, says either';
  if (parity.missed > 0 || Number.isNaN(parity.mean)) return 'seen by one engine only';
  return figures(parity);
}

function figures({ mean, max }: LandmarkError): string {
  return `${mean.toFixed(3).padStart(7)} ${max.toFixed(3).padStart(8)}`;
}
