/** Pictures for tests: plain colours, files, and drawn people at known places. */
import sharp, { type Sharp } from 'sharp';
import { ADA, BEN, drawPerson, faceBox } from '../../demo/draw-person.ts';
import type { RgbImage } from '../../src/geometry/rgb-image.ts';
import type { FaceHint } from '../../src/vision/pose/pose-landmarker.ts';

/** A picture whose pixel at (x, y) is `colourAt(x, y)`, channels 0..255. */
export function paint(
  width: number,
  height: number,
  colourAt: (x: number, y: number) => readonly [number, number, number],
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(colourAt(x, y), (y * width + x) * 3);
  }
  return { width, height, data };
}

/** A picture of one colour. */
export function plain(width: number, height: number, colour: readonly [number, number, number]): RgbImage {
  return paint(width, height, () => colour);
}

/** Decodes an image file to upright RGB. */
export async function readPicture(file: string): Promise<RgbImage> {
  return toRgb(sharp(file).rotate());
}

/** The picture resized, distorted if need be. */
export async function resizePicture(image: RgbImage, width: number, height: number): Promise<RgbImage> {
  const raw = { width: image.width, height: image.height, channels: 3 as const };
  return toRgb(sharp(image.data, { raw }).resize(width, height, { fit: 'fill' }));
}

/** Two drawn people on a plain wall, the size of their heads in proportion to the picture's width, and their faces, surely seen. */
export async function drawTwoPeople(
  width: number,
  height: number,
): Promise<{ image: RgbImage; faces: FaceHint[] }> {
  const people = [
    { appearance: ADA, x: 0.3 * width, y: 0.375 * height, headSize: 0.086 * width },
    { appearance: BEN, x: 0.7 * width, y: 0.4 * height, headSize: 0.078 * width },
  ];
  const layers = await Promise.all(
    people.map(async ({ appearance, x, y, headSize }) => {
      const { png, faceCentre } = await drawPerson(appearance, headSize);
      return { input: png, left: Math.round(x - faceCentre.x), top: Math.round(y - faceCentre.y) };
    }),
  );
  const wall = sharp({ create: { width, height, channels: 3, background: '#5d6b7e' } });
  return {
    image: await toRgb(wall.composite(layers)),
    faces: people.map(({ x, y, headSize }) => ({ ...faceBox(x, y, headSize), confidence: 1 })),
  };
}

async function toRgb(picture: Sharp): Promise<RgbImage> {
  const { data, info } = await picture
    .flatten()
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}
