/** Draws the film of the decoder's self-test, src/media/self-test.mp4: node tools/write-self-test-film.ts. Encoders differ from version to version. */
import { fileURLToPath } from 'node:url';
import { renderScene } from '../demo/render-scene.ts';
import { DEMO_SCENE } from '../demo/scene.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';

const FILM = fileURLToPath(new URL('../src/media/self-test.mp4', import.meta.url));

/** The beginning of the demo's film: of its six samples, one a second, three are keyframes and three need the pictures before them. */
const SCENE = { ...DEMO_SCENE, frameRate: 4, durationSeconds: 6 };
const CODEC = '-s 640x360 -c:v libx264 -preset veryslow -crf 32 -g 8 -pix_fmt yuv420p'.split(' ');

await renderScene(SCENE, FILM, findFfmpeg(process.env), { codec: CODEC });
