/** Draws the film of the decoder's self-test, src/media/self-test.mp4: node tools/write-self-test-film.ts. Encoders differ from version to version. */
import { fileURLToPath } from 'node:url';
import { ADA, BEN } from '../demo/draw-person.ts';
import { renderScene } from '../demo/render-scene.ts';
import type { Scene } from '../demo/scene.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';

const FILM = fileURLToPath(new URL('../src/media/self-test.mp4', import.meta.url));

/** Two people in two shots. */
const SCENE: Scene = {
  width: 640,
  height: 360,
  frameRate: 4,
  durationSeconds: 6,
  people: { ada: ADA, ben: BEN },
  shots: [
    {
      from: 0,
      to: 4,
      background: ['#7f8fa6', '#3b4756'],
      appearing: [
        { person: 'ada', headSize: 50, from: 0, to: 4, start: { x: 190, y: 135 }, velocity: { x: 5, y: 0 } },
        { person: 'ben', headSize: 45, from: 0, to: 4, start: { x: 450, y: 145 }, velocity: { x: 6, y: 1 } },
      ],
    },
    {
      from: 4,
      to: 6,
      background: ['#8a5a44', '#2e1f1a'],
      appearing: [
        { person: 'ada', headSize: 75, from: 4, to: 6, start: { x: 350, y: 150 }, velocity: { x: -4, y: 1 } },
      ],
    },
  ],
};

/** A keyframe every two seconds: of the six samples three need the pictures before them. */
const CODEC = '-c:v libx264 -preset veryslow -crf 32 -g 8 -pix_fmt yuv420p'.split(' ');

await renderScene(SCENE, FILM, findFfmpeg(process.env), { codec: CODEC });
