import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { yoloNetwork } from '../helpers/onnx-network.ts';
import { drawTwoPeople, plain } from '../helpers/pictures.ts';

const PROGRAM = join(import.meta.dirname, '../../eval/eval.ts');
let folder: string;

function evaluate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

async function writeLabels(labels: unknown): Promise<void> {
  await writeFile(join(folder, 'labels.json'), JSON.stringify(labels));
}

let labels: { file: string; width: number; height: number; faces: { box: number[]; sets?: string[] }[] }[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eval-'));
  const { image, faces } = await drawTwoPeople(640, 360);
  const wall = plain(320, 200, [93, 107, 126]);
  for (const [name, { data, width, height }] of Object.entries({ people: image, wall })) {
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(folder, `${name}.png`));
  }
  labels = [
    {
      file: 'people.png',
      width: 640,
      height: 360,
      faces: faces.map(({ x, y, width, height }) => ({ box: [x, y, width, height] })),
    },
    { file: 'wall.png', width: 320, height: 200, faces: [] },
  ];
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('npm run eval -- faces', () => {
  it('prints a table, writes the figures as JSON and draws the pictures', async () => {
    await writeLabels(labels);
    const [out, drawn] = [join(folder, 'figures.json'), join(folder, 'drawn')];
    const { code, stdout, stderr } = await evaluate('faces', folder, '--out', out, '--draw', drawn);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^face-detector at 640 on 2 pictures.*\nlevel .*\nall +2 +1\.000 +1\.000 +1\.000\n$/,
    );
    const figures = JSON.parse(await readFile(out, 'utf8')) as { model: object; levels: object[] };
    expect(figures).toMatchObject({
      model: { name: 'face-detector', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      pictures: 2,
      levels: [{ level: 'all', faces: 2, averagePrecision: 1, recall: 1, precision: 1 }],
    });
    expect(await readdir(drawn)).toEqual(['people.png', 'wall.png']);
  });

  it('tells the input size of a network that has its own, whatever is asked for', async () => {
    await writeLabels(labels);
    const [network, out] = [join(folder, 'fixed.onnx'), join(folder, 'fixed.json')];
    await writeFile(network, yoloNetwork(5, Float32Array.of(48, 80, 20, 20, 0.9), [1, 3, 96, 160]));
    const asked = ['--model', network, '--input-size', '640', '--out', out];
    const { stdout } = await evaluate('faces', folder, ...asked);
    expect(stdout).toContain(' at 160 on 2 pictures');
    expect(JSON.parse(await readFile(out, 'utf8'))).toMatchObject({ inputSize: 160 });
  });

  it('draws pictures of one name in two folders side by side', async () => {
    for (const name of ['one', 'other']) {
      await mkdir(join(folder, name));
      await copyFile(join(folder, 'wall.png'), join(folder, name, 'wall.png'));
    }
    const drawn = join(folder, 'side-by-side');
    const wall = { width: 320, height: 200, faces: [] };
    await writeLabels([
      { ...wall, file: 'one/wall.png' },
      { ...wall, file: 'other/wall.png' },
    ]);
    expect((await evaluate('faces', folder, '--draw', drawn)).stderr).toBe('');
    const drawings = await readdir(drawn, { recursive: true });
    expect(drawings.sort()).toEqual(['one', 'one/wall.png', 'other', 'other/wall.png']);
  });

  it('refuses to draw over the pictures, under another name of their folder as well', async () => {
    await writeLabels(labels);
    const before = await readFile(join(folder, 'people.png'));
    const link = join(folder, 'link');
    await symlink(folder, link);
    for (const drawn of [folder, link]) {
      const { code, stderr } = await evaluate('faces', folder, '--draw', drawn);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `--draw would write over ${join(drawn, 'people.png')}, which is measured: name another folder (see --help)\n`,
      });
    }
    expect((await readFile(join(folder, 'people.png'))).equals(before)).toBe(true);
  });

  it('gives each difficulty level of the labels its own figure', async () => {
    const [people, wall] = labels;
    const [first, second] = people?.faces ?? [];
    const levelled = {
      ...people,
      faces: [
        { ...first, sets: ['easy', 'hard'] },
        { ...second, sets: ['hard'] },
      ],
    };
    await writeLabels([levelled, wall]);
    const { stdout } = await evaluate('faces', folder);
    expect(stdout).toMatch(/\neasy +1 +1\.000.*\nhard +2 +1\.000.*\n$/);
  });

  it('says in one line what is wrong with labels, pictures or options', async () => {
    await writeLabels([{ ...labels[0], width: 100 }]);
    expect((await evaluate('faces', folder)).stderr).toBe(
      'people.png is 640x360, but its labels are for 100x360\n',
    );
    await writeLabels([{ ...labels[0], file: 'nowhere.png' }]);
    expect((await evaluate('faces', folder)).stderr).toContain('nowhere.png is no readable picture');
    await writeLabels([{ file: 'people.png' }]);
    expect((await evaluate('faces', folder)).stderr).toContain('is no list of labelled pictures');
    expect(await evaluate('faces')).toMatchObject({
      code: 2,
      stderr: 'name one folder of pictures (see --help)\n',
    });
    expect((await evaluate('faces', folder, '--loud')).stderr).toContain("Unknown option '--loud'");
    expect(await evaluate('noses')).toMatchObject({ code: 2, stdout: expect.stringContaining('faces') });
    expect((await evaluate('faces', '--help')).stdout).toContain('WIDER FACE');
  });
});
