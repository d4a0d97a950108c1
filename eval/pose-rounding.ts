/** How sharp two pose engines can agree at all: how far our own landmarks move when the last bits of the detector change. */
import type { RgbImage } from '../src/geometry/rgb-image.ts';
import type { BlazePoseNetworks } from '../src/vision/pose/blazepose-networks.ts';
import { DETECTOR_INPUT_SIDE } from '../src/vision/pose/body-detections.ts';
import { type LandmarkError, LandmarkErrorMeter } from './landmark-error.ts';

/**
 * In pixels of the detector's input: its outputs for one and the same input differ by this much (root mean square) between ONNX
 * Runtime, which sums in blocks and multiplies and adds at once, and the XNNPACK of MediaPipe's WebAssembly, which does neither.
 */
const ROUNDING = 1e-4;

const DIRECTIONS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/** The error, px, of the surest body against itself, its region moved by that rounding to four sides; null where nobody is seen. */
export async function ownSpread(image: RgbImage, networks: BlazePoseNetworks): Promise<LandmarkError | null> {
  const [sighting] = await networks.sight(image);
  if (sighting === undefined) return null;
  const { region } = sighting;
  const shift = (ROUNDING / DETECTOR_INPUT_SIDE) * Math.max(image.width, image.height);
  const expected = await landmarksIn(image, region, networks);
  const meter = new LandmarkErrorMeter();
  for (const [right, down] of DIRECTIONS) {
    const moved = {
      ...region,
      centreX: region.centreX + right * shift,
      centreY: region.centreY + down * shift,
    };
    meter.add(await landmarksIn(image, moved, networks), expected);
  }
  return meter.error();
}

async function landmarksIn(
  image: RgbImage,
  region: Parameters<BlazePoseNetworks['lookAt']>[1],
  networks: BlazePoseNetworks,
): Promise<number[][]> {
  const { landmarks } = await networks.lookAt(image, region);
  return landmarks.map(({ x, y }) => [x, y]);
}
