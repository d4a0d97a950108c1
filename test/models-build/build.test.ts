import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const PROGRAM = join(import.meta.dirname, '../../tools/models-build/build.ts');
const PRODUCTS = ['pose-detector.onnx', 'pose-landmarks-lite.onnx'];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'build-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** @param blocks largest file the system lets it write, in blocks of 512 bytes */
function build(blocks = 'unlimited'): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = [`ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, PROGRAM, 'lite', '--out', folder];
  return new Promise((resolve) => {
    execFile('sh', ['-c', ...command], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('npm run models:build', () => {
  it('writes what is missing or wrong, and leaves alone what is right', async () => {
    const first = await build();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect((await readdir(folder)).toSorted()).toEqual(PRODUCTS);
    const [detector, landmarks] = PRODUCTS.map((file) => join(folder, file)) as [string, string];
    const right = await stat(landmarks);
    const bytes = await readFile(detector);
    await writeFile(detector, bytes.subarray(1));
    expect(await build()).toEqual(first);
    expect(await readFile(detector)).toEqual(bytes);
    const { ino, mtimeMs } = await stat(landmarks);
    expect({ ino, mtimeMs }).toEqual({ ino: right.ino, mtimeMs: right.mtimeMs });
  });

  it('names the file that a full disk has no room for, and leaves the old one as it was', async () => {
    const detector = join(folder, 'pose-detector.onnx');
    await writeFile(detector, 'an older build');
    const { code, stderr } = await build('4000');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^[^\n]*pose-detector\.onnx cannot be written: EFBIG: [^\n]*\n$/);
    expect(await readFile(detector, 'utf8')).toBe('an older build');
    expect(await readdir(folder)).toEqual(['pose-detector.onnx']);
  });
});
