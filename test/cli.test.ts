import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { renderScene } from '../demo/render-scene.ts';
import { DEMO_SCENE } from '../demo/scene.ts';
import { completedResultSchema } from '../src/contract/result.ts';
import { findFfmpeg } from '../src/media/ffmpeg-binary.ts';
import { yoloNetwork } from './helpers/onnx-network.ts';

const CLI = join(import.meta.dirname, '../src/cli.ts');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function detect(...args: string[]): Promise<Ended> {
  return detectWith({}, ...args);
}

function detectWith(env: Record<string, string>, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [CLI, ...args],
      { env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      },
    );
  });
}

describe('detect, the command line', () => {
  let folder: string;
  let film: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-'));
    film = join(folder, 'film.mp4');
    const [shot] = DEMO_SCENE.shots;
    if (shot === undefined) throw new Error('the scene has no shot');
    const shots = [{ ...shot, to: 2 }];
    await renderScene({ ...DEMO_SCENE, durationSeconds: 2, shots }, film, findFfmpeg(process.env));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('prints the result on stdout and one summary line on stderr', async () => {
    const { code, stdout, stderr } = await detect(film, '--interval', '1');
    expect(code).toBe(0);
    const result = completedResultSchema.parse(JSON.parse(stdout));
    expect(result.summary).toMatchObject({ total_frames: 2, faces_detected: 4, unique_face_tracks: 2 });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('2 frames');
  });

  it('says which network is wrong, however the loading of the others is going just then', async () => {
    const wrong = { REID_MODEL_PATH: 'face-detector' };
    const ended = (await Promise.all(Array.from({ length: 6 }, () => detectWith(wrong, film)))).map(
      ({ code, stderr }) => ({ code, lines: stderr.trim().split('\n').length, stderr }),
    );
    for (const { code, lines, stderr } of ended) {
      expect({ code, lines }).toEqual({ code: 2, lines: 1 });
      expect(stderr).toContain('is a face-detector, not a face-embedder');
    }
  });

  it('says once, there and in the result, what a network of another make lacks', async () => {
    const boxesOnly = join(folder, 'boxes-only.onnx');
    await writeFile(boxesOnly, yoloNetwork(5, Float32Array.from([320, 320, 64, 64, 0.9])));
    const args = [film, '--interval', '1', '--no-poses'];
    const { stdout, stderr } = await detectWith({ YOLO_MODEL_PATH: boxesOnly }, ...args);
    expect(stderr.match(/warning: boxes-only .*identities are less sure/g)).toHaveLength(1);
    const { models } = completedResultSchema.parse(JSON.parse(stdout)).provenance;
    expect(models.find(({ name }) => name === 'boxes-only')?.warning).toContain('identities are less sure');
    expect(models.find(({ role }) => role === 'face-embedder')).not.toHaveProperty('warning');
  });

  it('lets the nearest keyframe stand for a sample within the tolerance, and says when it is really shown', async () => {
    const fewKeyframes = join(folder, 'few-keyframes.mp4');
    const keyframes = ['-c:v', 'libx264', '-preset', 'ultrafast', '-force_key_frames', '1.2'];
    const args = ['-nostdin', '-v', 'error', '-i', film, ...keyframes, fewKeyframes];
    execFileSync(findFfmpeg(process.env), args);
    const { stdout } = await detect(fewKeyframes, '--interval', '1', '--tolerance', '0.3', '--no-poses');
    const result = completedResultSchema.parse(JSON.parse(stdout));
    expect(result.frames.map(({ timestamp_ms }) => timestamp_ms)).toEqual([0, 1200]);
    expect(result.provenance.sampling).toMatchObject({ plan: 'keyframes', tolerance_ms: 300 });
  });

  it('leaves out what is not wanted and writes to a file', async () => {
    const out = join(folder, 'result.json');
    const { code, stdout } = await detect(film, '--no-poses', '--out', out);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const result = completedResultSchema.parse(JSON.parse(await readFile(out, 'utf8')));
    expect(result.summary).toMatchObject({ total_frames: 1, faces_detected: 2, poses_detected: 0 });
  });

  it('explains itself', async () => {
    const { code, stdout } = await detect('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--interval');
  });

  it.each([
    ['no video', [], /^CONFIG_INVALID: name one video file/],
    ['a wrong option', ['--fast'], /^CONFIG_INVALID: .*--fast/],
    [
      'an interval out of range',
      ['x.mp4', '--interval', '0'],
      /^CONFIG_INVALID: --interval must be 0.04 to 3600/,
    ],
    [
      'a tolerance beyond half the interval',
      ['x.mp4', '--interval', '1', '--tolerance', '0.6'],
      /^CONFIG_INVALID: --tolerance must be 0 to 0.5 seconds/,
    ],
    ['nothing to detect', ['x.mp4', '--no-faces', '--no-poses'], /^CONFIG_INVALID: .*nothing is left/],
    ['a tolerance without digits', ['x.mp4', '--tolerance', ''], /^CONFIG_INVALID: --tolerance must be/],
    ['an option without its value', ['x.mp4', '--interval', '--no-faces'], /^CONFIG_INVALID: .*'--interval'/],
    ['a file that is not there', ['nowhere.mp4'], /VIDEO_NOT_FOUND: .*nowhere\.mp4/],
    ['a folder', [import.meta.dirname], /^VIDEO_NOT_FOUND: .*test is a folder: name a video file$/m],
  ])('says in one line what is wrong with %s', async (_name, args, message) => {
    const { code, stdout, stderr } = await detect(...args.map((arg) => (arg === 'FILM' ? film : arg)));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it.each([
    ['/nowhere/at/all.json', /^JOB_INVALID: cannot write \/nowhere\/at\/all\.json: ENOENT: /],
    [import.meta.dirname, /^JOB_INVALID: cannot write .*: it is a folder$/],
    ['', /^JOB_INVALID: cannot write : the name is empty$/],
  ])('refuses to write to "%s" before it looks at the video', async (out, message) => {
    const noVideo = join(folder, 'unread.mp4');
    await writeFile(noVideo, 'an analysis would find that this is no video');
    const { code, stdout, stderr } = await detect(noVideo, '--out', out);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trim()).toMatch(message);
  });

  it('does not write over the video it reads, whatever leads to it', async () => {
    const video = join(folder, 'only-copy.mp4');
    const link = join(folder, 'link.json');
    await copyFile(film, video);
    await symlink(video, link);
    for (const out of [video, link]) {
      const { code, stderr } = await detect(video, '--out', out);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^CONFIG_INVALID: --out is the file that is read: name another[^\n]*\n$/);
    }
    expect((await readFile(video)).equals(await readFile(film))).toBe(true);
  });

  it('leaves an older result alone when there is no new one', async () => {
    const out = join(folder, 'older.json');
    await writeFile(out, 'older');
    await writeFile(join(folder, 'none.mp4'), 'no video');
    expect(await detect(join(folder, 'none.mp4'), '--out', out)).toMatchObject({ code: 2 });
    expect(await readFile(out, 'utf8')).toBe('older');
  });

  it('works in TEMP_DIR, its decoders as well, and needs no other folder to write to', async () => {
    const tempDir = await mkdtemp(join(folder, 'temp-'));
    const env = { TEMP_DIR: tempDir, TMPDIR: '/no/such/folder' };
    expect(await detectWith(env, film, '--no-poses')).toMatchObject({ code: 0 });
    expect(await readdir(tempDir)).toEqual([]);
  });

  it('names TEMP_DIR, and why, when it cannot write there', async () => {
    const { code, stderr } = await detectWith({ TEMP_DIR: '/no/such/folder' }, film);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^DISK_FULL: the temporary folder \/no\/such\/folder cannot be written \(ENOENT\): name another in TEMP_DIR\n$/,
    );
  });

  it('explains itself whatever the settings are, and says where their explanation is', async () => {
    const wrong = { FACE_TILES: 'x', POSE_MODEL: 'y' };
    expect(await detectWith(wrong, '--help')).toMatchObject({ code: 0, stderr: '' });
    const { code, stderr } = await detectWith(wrong, film);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^CONFIG_INVALID: .*FACE_TILES=x.*POSE_MODEL=y.*npm start -- --help lists[^\n]*\n$/,
    );
  });

  it('ends without a word when nobody reads its result any more, and leaves no temporary folder', async () => {
    const tempDir = await mkdtemp(join(folder, 'temp-'));
    const env = { ...process.env, TEMP_DIR: tempDir };
    const child = spawn(process.execPath, [CLI, film, '--no-poses'], { env });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += String(text)));
    const [code] = await once(child, 'close');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await readdir(tempDir)).toEqual([]);
  });

  it('refuses a file that is no video', async () => {
    const text = join(folder, 'notes.mp4');
    await writeFile(text, 'these are only some notes');
    const { code, stderr } = await detect(text);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^VIDEO_FORMAT_UNSUPPORTED: /);
  });
});
