import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { COMMON_OPTIONS, inputOptions } from '../../src/media/input-options.ts';
import { clipFolder, ffmpeg, makeCountedClip, runOwn } from './counted-clip.ts';

const MAX_PIXELS = 1_000_000;
const clips = clipFolder();
const plain = clips.path('plain.mp4');

beforeAll(() => makeCountedClip(plain, { frameRate: 25, frames: 5 }, ['-c:v', 'libx264']));
afterAll(clips.remove);

/** What ffmpeg says, and how it ends, when it decodes a file under these options. */
function decode(file: string): { status: number | null; stderr: string } {
  const args = [...COMMON_OPTIONS, ...inputOptions(file, MAX_PIXELS), '-f', 'null', '-'];
  return spawnSync(ffmpeg, args, { encoding: 'utf8' });
}

function optionOf(options: readonly string[], name: string): string | undefined {
  return options.includes(name) ? options[options.indexOf(name) + 1] : undefined;
}

describe('inputOptions', () => {
  it('opens the file itself or the pipe, and nothing else', () => {
    const ofFile = inputOptions('/films/a.mp4', MAX_PIXELS);
    expect(optionOf(ofFile, '-protocol_whitelist')).toBe('file');
    expect(ofFile.slice(-2)).toEqual(['-i', 'file:/films/a.mp4']);
    const ofPipe = inputOptions('pipe:0', MAX_PIXELS);
    expect(optionOf(ofPipe, '-protocol_whitelist')).toBe('pipe');
    expect(ofPipe.slice(-2)).toEqual(['-i', 'pipe:0']);
  });

  it('allows containers of video, and none that names other files', () => {
    const formats = optionOf(inputOptions(plain, MAX_PIXELS), '-format_whitelist')?.split(',');
    expect(formats).toEqual(expect.arrayContaining(['mov', 'matroska', 'avi', 'mpegts', 'mpeg', 'flv']));
    for (const format of ['hls', 'concat', 'dash', 'image2', 'lavfi']) expect(formats).not.toContain(format);
  });

  it('limits the pictures, the streams and the threads', () => {
    const options = inputOptions(plain, MAX_PIXELS);
    expect(optionOf(options, '-max_pixels')).toBe('1000000');
    expect(optionOf(options, '-max_streams')).toBe('100');
    expect(optionOf(options, '-threads')).toBe('1');
  });

  it('lets ffmpeg decode a plain video', () => expect(decode(plain)).toMatchObject({ status: 0 }));

  it('lets ffmpeg refuse a container off the list, whatever its codec', () => {
    const bare = clips.path('bare.h264');
    runOwn(['-i', plain, '-c', 'copy', bare]);
    expect(decode(bare)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/Format not on whitelist/),
    });
  });

  it('lets ffmpeg refuse a codec off the list before it decodes any of it', () => {
    const odd = clips.path('odd.mp4');
    runOwn(['-i', plain, '-c:v', 'png', odd]);
    expect(decode(odd)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/Codec \(png\) not on whitelist/),
    });
  });
});
