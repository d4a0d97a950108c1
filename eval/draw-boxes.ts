/** Draws boxes, points and words over a picture, for people to look at what was measured. */
import sharp from 'sharp';
import type { Point, Tlwh } from '../src/geometry/box.ts';
import type { RgbImage } from '../src/geometry/rgb-image.ts';

export interface Drawing {
  readonly box: Tlwh;
  /** Any CSS colour. */
  readonly colour: string;
  readonly label?: string;
  readonly points?: readonly Point[];
}

/** Writes the picture with its drawings to `file`, whose ending chooses the format. */
export async function drawBoxes(image: RgbImage, drawings: readonly Drawing[], file: string): Promise<void> {
  const { width, height, data } = image;
  const line = Math.max(1, Math.round(Math.max(width, height) / 500));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${drawings
    .map((drawing) => shapes(drawing, line))
    .join('')}</svg>`;
  await sharp(data, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(svg) }])
    .toFile(file);
}

function shapes({ box, colour, label = '', points = [] }: Drawing, line: number): string {
  const { x, y, width, height } = box;
  const text = label.replace(/[<&]/g, '');
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="${colour}" stroke-width="${line}"/>`,
    `<text x="${x}" y="${y - line}" font-size="${9 * line}" font-family="sans-serif" fill="${colour}">${text}</text>`,
    ...points.map((point) => `<circle cx="${point.x}" cy="${point.y}" r="${1.5 * line}" fill="${colour}"/>`),
  ].join('');
}
