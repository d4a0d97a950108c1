/** Turns a scene into a video file: every person is drawn once, ffmpeg moves the drawings and cuts the shots together. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { drawPerson, type Sprite } from './draw-person.ts';
import type { Appearing, Scene, Shot } from './scene.ts';

const run = promisify(execFile);

/** How the video is encoded; the defaults suit a demo, benchmarks choose their own. */
export interface Encoding {
  /** ffmpeg's output options between the filter graph and the file. */
  readonly codec?: readonly string[];
}

const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '20', '-pix_fmt', 'yuv420p'];

/** Renders the scene to `file`, whose ending chooses the container. */
export async function renderScene(
  scene: Scene,
  file: string,
  ffmpeg: string,
  { codec = H264 }: Encoding = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'scene-'));
  try {
    const inputs: string[] = [];
    const addImage = async (png: Buffer): Promise<number> => {
      const image = join(folder, `${inputs.length}.png`);
      await writeFile(image, png);
      return inputs.push(image) - 1;
    };
    const graph: string[] = [];
    for (const [number, shot] of scene.shots.entries()) {
      graph.push(await shotGraph(scene, shot, number, addImage));
    }
    const parts = scene.shots.map((_, number) => `[shot${number}]`).join('');
    graph.push(`${parts}concat=n=${scene.shots.length}:v=1:a=0[film]`);
    const pictures = inputs.flatMap((image) => [
      '-loop',
      '1',
      '-framerate',
      String(scene.frameRate),
      '-i',
      image,
    ]);
    const film = ['-filter_complex', graph.join(';'), '-map', '[film]', '-t', String(scene.durationSeconds)];
    await run(ffmpeg, ['-nostdin', '-v', 'error', '-y', ...pictures, ...film, ...codec, file]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The rendered scene as a file's bytes; `container` is the ending that chooses it. */
export async function renderSceneBytes(
  scene: Scene,
  container: string,
  ffmpeg: string,
  encoding?: Encoding,
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'scene-'));
  try {
    const file = join(folder, `scene.${container}`);
    await renderScene(scene, file, ffmpeg, encoding);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The filter graph of one shot: its background, then each person laid over it along their path. */
async function shotGraph(
  scene: Scene,
  shot: Shot,
  number: number,
  addImage: (png: Buffer) => Promise<number>,
): Promise<string> {
  const steps = [`[${await addImage(await drawBackground(scene, shot))}:v]format=rgb24[s${number}p0]`];
  for (const [order, appearing] of shot.appearing.entries()) {
    const appearance = scene.people[appearing.person];
    if (appearance === undefined) throw new Error(`the scene has no person "${appearing.person}"`);
    const sprite = await drawPerson(appearance, appearing.headSize);
    const image = await addImage(sprite.png);
    steps.push(
      `[s${number}p${order}][${image}:v]${overlay(shot, appearing, sprite)}[s${number}p${order + 1}]`,
    );
  }
  const end = `trim=duration=${shot.to - shot.from},setpts=PTS-STARTPTS`;
  steps.push(`[s${number}p${shot.appearing.length}]${end}[shot${number}]`);
  return steps.join(';');
}

function overlay(shot: Shot, { from, to, start, velocity }: Appearing, sprite: Sprite): string {
  const begin = from - shot.from;
  const path = (origin: number, speed: number) => `'${origin}+${speed}*(t-${begin})'`;
  return [
    `overlay=x=${path(start.x - sprite.faceCentre.x, velocity.x)}`,
    `y=${path(start.y - sprite.faceCentre.y, velocity.y)}`,
    `enable='gte(t,${begin})*lt(t,${to - shot.from})'`,
    'format=rgb',
  ].join(':');
}

async function drawBackground(
  { width, height }: Scene,
  { background: [top, bottom] }: Shot,
): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><linearGradient id="bg" x2="0" y2="1"><stop offset="0" stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient></defs>
    <rect width="${width}" height="${height}" fill="url(#bg)"/></svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}
