/** A person as vector art: head and shoulders that real face, pose and embedding networks take for a person. */
import sharp from 'sharp';
import type { Tlwh } from '../src/geometry/box.ts';

/** What tells one drawn person from another. Colours are #rrggbb. */
export interface Appearance {
  readonly skin: { readonly light: string; readonly base: string; readonly shade: string };
  readonly hair: string;
  readonly shirt: string;
  readonly eyes: string;
}

export const ADA: Appearance = {
  skin: { light: '#f1c7a5', base: '#e0ac86', shade: '#a8754f' },
  hair: '#3b2416',
  shirt: '#28466b',
  eyes: '#3c6e8f',
};

export const BEN: Appearance = {
  skin: { light: '#a9714c', base: '#8d5a3a', shade: '#4f2f1c' },
  hair: '#15100d',
  shirt: '#8c2f39',
  eyes: '#3a2415',
};

/** A drawn person: PNG with transparency, and where the centre of the face is in it. All in pixels. */
export interface Sprite {
  readonly png: Buffer;
  readonly width: number;
  readonly height: number;
  readonly faceCentre: { readonly x: number; readonly y: number };
}

/** Extent of the drawing around the centre of the face, in units of the head's size. */
const EXTENT = { left: 2.1, right: 2.1, above: 1.35, below: 3.7 } as const;

/** The face of a person whose face is centred at (x, y), as a detector frames it: hairline to chin, cheek to cheek. */
export function faceBox(x: number, y: number, headSize: number): Tlwh {
  return { x: x - 0.84 * headSize, y: y - 0.9 * headSize, width: 1.68 * headSize, height: 1.98 * headSize };
}

/** Draws a person whose half face width is about 0.82 x `headSize` pixels. */
export async function drawPerson(appearance: Appearance, headSize: number): Promise<Sprite> {
  const even = (length: number) => 2 * Math.ceil((length * headSize) / 2);
  const width = even(EXTENT.left + EXTENT.right);
  const height = even(EXTENT.above + EXTENT.below);
  const faceCentre = { x: EXTENT.left * headSize, y: EXTENT.above * headSize };
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <g transform="translate(${faceCentre.x} ${faceCentre.y}) scale(${headSize})">${personSvg(appearance)}</g></svg>`;
  const png = await sharp(Buffer.from(svg))
    .blur(Math.max(0.4, headSize / 90))
    .png()
    .toBuffer();
  return { png, width, height, faceCentre };
}

/** The drawing in units of the head's size, origin at the centre of the face, y downwards. */
function personSvg({ skin, hair, shirt, eyes }: Appearance): string {
  const eye = (side: -1 | 1) => `
    <path d="M ${side * 0.18} -0.3 Q ${side * 0.38} -0.42 ${side * 0.58} -0.28" stroke="${hair}" stroke-width="0.07" fill="none"/>
    <ellipse cx="${side * 0.36}" cy="-0.12" rx="0.17" ry="0.085" fill="#f7f5f2"/>
    <circle cx="${side * 0.36}" cy="-0.12" r="0.08" fill="${eyes}"/>
    <circle cx="${side * 0.36}" cy="-0.12" r="0.04" fill="#111"/>
    <circle cx="${side * 0.33}" cy="-0.15" r="0.02" fill="#fff"/>
    <path d="M ${side * 0.36 - 0.18} -0.13 Q ${side * 0.36} -0.26 ${side * 0.36 + 0.18} -0.13" stroke="#3a2a22" stroke-width="0.035" fill="none"/>`;
  return `
    <defs><radialGradient id="skin" cx="45%" cy="40%" r="70%">
      <stop offset="0" stop-color="${skin.light}"/><stop offset="0.7" stop-color="${skin.base}"/><stop offset="1" stop-color="${skin.shade}"/>
    </radialGradient></defs>
    <path d="M -1.9 3.6 C -1.8 1.9 -0.9 1.7 -0.45 1.45 L 0.45 1.45 C 0.9 1.7 1.8 1.9 1.9 3.6 Z" fill="${shirt}"/>
    <path d="M -0.42 0.8 L -0.45 1.5 Q 0 1.9 0.45 1.5 L 0.42 0.8 Z" fill="${skin.base}"/>
    <ellipse rx="0.82" ry="1.08" fill="url(#skin)"/>
    <ellipse cx="-0.84" cy="0.05" rx="0.12" ry="0.24" fill="${skin.base}"/>
    <ellipse cx="0.84" cy="0.05" rx="0.12" ry="0.24" fill="${skin.base}"/>
    <path d="M -0.9 0 C -1 -1.4 1 -1.4 0.9 0 C 0.75 -0.5 0.5 -0.75 0 -0.72 C -0.5 -0.75 -0.75 -0.5 -0.9 0 Z" fill="${hair}"/>
    ${eye(-1)}${eye(1)}
    <path d="M -0.05 -0.1 C -0.1 0.2 -0.2 0.3 -0.13 0.36 Q 0 0.42 0.13 0.36 C 0.2 0.3 0.1 0.2 0.05 -0.1" fill="#00000018"/>
    <path d="M -0.16 0.34 Q 0 0.44 0.16 0.34" stroke="#5a3322" stroke-opacity="0.55" stroke-width="0.035" fill="none"/>
    <path d="M -0.3 0.62 Q 0 0.54 0.3 0.62 Q 0 0.82 -0.3 0.62 Z" fill="#a8423f"/>
    <path d="M -0.3 0.62 Q 0 0.67 0.3 0.62" stroke="#5e1f1f" stroke-width="0.03" fill="none"/>`;
}
