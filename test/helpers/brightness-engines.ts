/** Networks that see one face in every picture, as sure as the picture is bright: so that each picture's sights can be told apart. */
import type { RgbImage } from '../../src/geometry/rgb-image.ts';
import type { Engines } from '../../src/pipeline/engines.ts';

const BOX = { x: 1, y: 1, width: 2, height: 2 };

/** A picture of 4 x 2 pixels of one brightness. */
export function grey(brightness: number): RgbImage & { readonly data: Uint8Array } {
  return { width: 4, height: 2, data: new Uint8Array(4 * 2 * 3).fill(brightness) };
}

export interface BrightnessOptions {
  /** Of this brightness a picture cannot be looked at. */
  readonly failsAt?: number;
  /** Called for each picture that is looked at. */
  readonly onLook?: (brightness: number) => void;
}

export function brightnessEngines({ failsAt, onLook }: BrightnessOptions = {}): Engines {
  return {
    faceDetector: {
      detect: async ({ data }: RgbImage) => {
        const brightness = data[0] ?? 0;
        if (brightness === failsAt) throw new Error(`no look at ${brightness}`);
        onLook?.(brightness);
        return [{ box: BOX, confidence: brightness / 255, landmarks: null }];
      },
    },
    faceEmbedder: { embed: async () => [Float32Array.of(1, 0)] },
    poseLandmarker: { detect: async () => [] },
  } as unknown as Engines;
}
