/** Draws boxes, points and words over a picture, for people to look at what was measured. */
import sharp from 'sharp';
import { usage } from '../src/command-line.ts';
import type { Point, Tlwh } from '../src/geometry/box.ts';
import type { RgbImage } from '../src/geometry/rgb-image.ts';
import { fileIdentity } from '../src/stat-or-null.ts';

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

/**
 * A drawing in the place of a measured picture would be all that is left of it.
 * @param drawings files to be written
 * @param pictures files that are measured
 * @throws WorkerError CONFIG_INVALID
 */
export async function refuseToDrawOver(
  drawings: readonly string[],
  pictures: readonly string[],
): Promise<void> {
  const measured = new Set(await Promise.all(pictures.map(fileIdentity)));
  measured.delete(null);
  for (const drawing of drawings) {
    if (!measured.has(await fileIdentity(drawing))) continue;
    throw usage(`--draw would write over ${drawing}, which is measured: name another folder`);
  }
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
