import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';

const folder = mkdtempSync(join(tmpdir(), 'binaries-'));
afterAll(() => rmSync(folder, { recursive: true }));

function program(directory: string, mode: number): string {
  mkdirSync(join(folder, directory), { recursive: true });
  const file = join(folder, directory, 'ffmpeg');
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, mode);
  return file;
}

describe('findFfmpeg', () => {
  it('takes FFMPEG_PATH before anything else', () => {
    const chosen = program('chosen', 0o755);
    const onPath = program('bin', 0o755);
    expect(findFfmpeg({ FFMPEG_PATH: chosen, PATH: join(onPath, '..') })).toBe(chosen);
  });

  it('refuses an FFMPEG_PATH that cannot be run, rather than take another', () => {
    const onPath = program('bin', 0o755);
    const env = { FFMPEG_PATH: join(folder, 'nothing'), PATH: join(onPath, '..') };
    expect(() => findFfmpeg(env)).toThrow(expect.objectContaining({ code: 'FFMPEG_MISSING' }));
    expect(() => findFfmpeg({ ...env, FFMPEG_PATH: folder })).toThrow(/not an executable file/);
  });

  it('takes the first runnable ffmpeg on PATH', () => {
    const plainText = program('text', 0o644);
    const runnable = program('bin', 0o755);
    const PATH = ['', join(plainText, '..'), join(runnable, '..')].join(':');
    expect(findFfmpeg({ PATH })).toBe(runnable);
    expect(findFfmpeg({ FFMPEG_PATH: '', PATH })).toBe(runnable);
  });

  it('falls back on the installed packages', () => {
    expect(findFfmpeg({})).toMatch(/node_modules\/(?:ffmpeg-static|@ffmpeg-installer\/[\w-]+)\/ffmpeg$/);
  });
});
