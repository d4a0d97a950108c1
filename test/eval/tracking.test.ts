import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { renderScene } from '../../demo/render-scene.ts';
import { DEMO_SCENE, drawnFaces } from '../../demo/scene.ts';
import { parseFaceTable, readFaceVideos } from '../../eval/tracking-faces.ts';
import { countSequence, readSequences, withoutFeatures } from '../../eval/tracking-sequences.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';
import { DEFAULT_SEQUENCE_OPTIONS } from '../../src/tracking/track-sequence.ts';

const run = promisify(execFile);
const EVAL = join(import.meta.dirname, '../../eval/eval.ts');

/** Two people who walk towards each other for four seconds, seen without error. */
const WALK = Array.from({ length: 40 }, (_, i) => [
  { id: 1, box: [100 + 3 * i, 100, 40, 100] },
  { id: 2, box: [500 - 3 * i, 110, 40, 100] },
]);

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eval-tracking-'));
  const sequence = join(folder, 'mot', 'walk');
  await mkdir(sequence, { recursive: true });
  const truth = WALK.flatMap((people, i) =>
    people.map(({ id, box }) => `${i + 1},${id},${box.join(',')},1,-1,-1,-1`),
  );
  await writeFile(join(sequence, 'gt.txt'), truth.join('\n'));
  const lines = WALK.map((people, i) => {
    const dets = people.map(({ id, box }) => ({ box, score: 0.9, feature: id === 1 ? [1, 0] : [0, 1] }));
    return JSON.stringify({ n: i + 1, t: i / 10, dets });
  });
  await writeFile(join(sequence, 'detections.jsonl'), lines.join('\n'));
});

afterAll(() => rm(folder, { recursive: true }));

describe('sequences', () => {
  it('are found anywhere in a folder, with their frame rate', () => {
    expect(readSequences(folder)).toMatchObject([{ name: 'walk', framesPerSecond: 10 }]);
  });

  it('are thinned from every start, so that each frame is scored once', () => {
    const [walk] = readSequences(folder);
    if (walk === undefined) throw new Error('no sequence');
    for (const framesPerSecond of [30, 2]) {
      const counts = countSequence(walk, framesPerSecond, DEFAULT_SEQUENCE_OPTIONS);
      expect(counts).toMatchObject({ truthBoxes: 80, resultBoxes: 80, matches: 80, identityMatches: 80 });
    }
    expect(countSequence(withoutFeatures(walk), 5, DEFAULT_SEQUENCE_OPTIONS).identityMatches).toBe(80);
  });
});

describe('parseFaceTable', () => {
  it('numbers the people in order of appearance and the frames by half seconds', () => {
    const rows = parseFaceTable(
      'time_s,x,y,w,h,person,score\n0.0,1,2,3,4,B,0.9\n1.5,5,6,7,8,A,0.8\n2.0,1,2,3,4,B,0.9\n',
      'scene.csv',
    );
    expect(rows.map(({ frame, id }) => [frame, id])).toEqual([
      [1, 1],
      [4, 2],
      [5, 1],
    ]);
    expect(rows[1]).toMatchObject({ box: { x: 5, y: 6, width: 7, height: 8 }, score: 0.8 });
  });

  it.each([
    ['another header', 'time_s,person,x,y,w,h\n', 1],
    ['no header', '0.0,1,2,3,4,B,0.9\n', 1],
    ['a word for a number', 'time_s,x,y,w,h,person,score\n\n0.0,1,2,three,4,B,0.9\n', 3],
    ['nothing for a number', 'time_s,x,y,w,h,person,score\r\n0.0,1,2,,4,B,0.9\r\n', 2],
    ['nobody', 'time_s,x,y,w,h,person,score\n0.0,1,2,3,4\n', 2],
    ['no score', 'time_s,x,y,w,h,person,score\n0.0,1,2,3,4,B\n', 2],
  ])('refuses %s, and says where', (_name, text, line) => {
    expect(() => parseFaceTable(text, 'scene.csv')).toThrow(`scene.csv, line ${line}: it is no`);
  });
});

describe('readFaceVideos', () => {
  it('takes neither tables nor results for the video, nor a video whose name only begins alike', async () => {
    const film = await mkdtemp(join(folder, 'beside-'));
    await writeFile(join(film, 'scene.csv'), 'time_s,x,y,w,h,person,score\n');
    for (const name of ['scene.json', 'scene.cut.mp4', 'scene.mp4']) await writeFile(join(film, name), '');
    expect(readFaceVideos(film, film)).toEqual([{ name: 'scene', file: join(film, 'scene.mp4'), truth: [] }]);
  });
});

describe('npm run eval -- tracking', () => {
  const evaluate = (...args: string[]) =>
    run(process.execPath, [EVAL, 'tracking', ...args]).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

  it('prints a line for each sequence and rate, and writes the figures', async () => {
    const out = join(folder, 'figures.json');
    const { stdout } = await evaluate(folder, '--rates', '10,1', '--out', out);
    expect(stdout.trim().split('\n')).toHaveLength(1 + 2 * 2 * 2);
    expect(stdout).toMatch(/walk, features +10 +100\.0 +100\.0 +100\.0 +100\.0 +0 +2 of 2/);
    const figures = JSON.parse(await readFile(out, 'utf8')) as { idf1: number }[];
    expect(figures.map(({ idf1 }) => idf1)).toEqual(figures.map(() => 1));
  });

  it('forgets the lost as the published program does in its mode, and later in ours', async () => {
    const sequence = join(folder, 'returning', 'somebody');
    await mkdir(sequence, { recursive: true });
    const seen = Array.from({ length: 80 }, (_, i) => ({ n: i + 1, t: i / 30, isThere: i < 10 || i >= 70 }));
    const truth = seen.filter(({ isThere }) => isThere).map(({ n }) => `${n},1,100,100,40,100,1,-1,-1,-1`);
    await writeFile(join(sequence, 'gt.txt'), truth.join('\n'));
    const dets = [{ box: [100, 100, 40, 100], score: 0.9, feature: [1, 0] }];
    const lines = seen.map(({ n, t, isThere }) => JSON.stringify({ n, t, dets: isThere ? dets : [] }));
    await writeFile(join(sequence, 'detections.jsonl'), lines.join('\n'));
    const at = (mode: string) => evaluate(join(folder, 'returning'), '--rates=30', `--rate-mode=${mode}`);
    expect((await at('auto')).stdout).toMatch(/somebody, features .* 1 of 1/);
    expect((await at('deepsort')).stdout).toMatch(/somebody, features .* 2 of 1/);
  });

  it('scores and draws the faces of a video with the network it is given', async () => {
    const [faces, drawings] = [join(folder, 'film', 'faces'), join(folder, 'drawings')];
    await mkdir(faces, { recursive: true });
    await renderScene(DEMO_SCENE, join(folder, 'film', 'scene.mp4'), findFfmpeg(process.env));
    const rows = [0, 4, 8, 12, 16, 20].flatMap((seconds) =>
      drawnFaces(DEMO_SCENE, seconds).map(
        ({ person, box: { x, y, width, height } }) => `${seconds},${x},${y},${width},${height},${person},1`,
      ),
    );
    await writeFile(
      join(faces, 'scene.csv'),
      ['time_s,x,y,w,h,person,score', ...rows].map((row) => `${row}\n`).join(''),
    );
    const film = [join(folder, 'film'), '--media', join(folder, 'film'), '--rates=0.25'];
    const { stdout } = await evaluate(...film, '--model=face-detector', '--draw', drawings);
    expect(stdout).toMatch(/scene, faces +0\.25 +100\.0 +100\.0 +100\.0 +100\.0 +0 +2 of 2/);
    expect(stdout).toMatch(/scene, given boxes +0\.25 +100\.0 +100\.0 +100\.0 +100\.0 +0 +2 of 2/);
    expect((await readdir(drawings)).sort()).toEqual(
      [0, 1, 2, 3, 4, 5].map((index) => `scene-0.25fps-0000${index}.jpg`),
    );
    const { code, stderr } = await evaluate(...film, '--model=no-such-network');
    expect(code).toBe(2);
    expect(stderr).toContain('there is no network named "no-such-network"');
  }, 60_000);

  it.each([
    ['no folder', [], 'name one folder'],
    ['a folder that is not there', ['/no/such'], 'there is no folder /no/such'],
    ['an empty folder', [join(import.meta.dirname, '../helpers')], 'holds no sequence'],
    ['a threshold that is none', ['.', '--max-cosine-distance', 'abc'], 'is 0 or a number above it, not abc'],
    ['rates that are none', ['.', '--rates', '5,x'], '--rates is a number above 0, not x'],
  ])('says in one line what is wrong with %s', async (_name, args, message) => {
    const { code, stderr } = await evaluate(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
