import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { flips, type HostileFile, noise, prefixes } from '../../bench/hostile-files.ts';
import { WorkerError } from '../../src/errors.ts';
import { readFrames } from '../../src/media/frame-reader.ts';
import { PRIVATE_FOLDER_KIND } from '../../src/media/private-folder.ts';
import { probeVideo } from '../../src/media/probe.ts';
import { SHOWINFO } from '../../src/media/shown-picture.ts';
import { DEFAULT_VIDEO_LIMITS } from '../../src/media/video-limits.ts';
import { processFolderPrefix } from '../../src/process-folder.ts';
import { clipFolder, ffmpeg, makeCountedClip, runOwn } from './counted-clip.ts';

const limits = DEFAULT_VIDEO_LIMITS;
const never = new AbortController().signal;
const clips = clipFolder();
const plain = clips.path('plain.mp4');

beforeAll(() => {
  const encoding = '-c:v libx264 -preset ultrafast -g 10 -bf 2 -movflags +faststart'.split(' ');
  makeCountedClip(plain, { frameRate: 10, frames: 30 }, encoding);
});
afterAll(clips.remove);

/** The sizes of the frames a file gives, or the error it ends in; anything else than one of ours fails the test. */
async function outcomeOf(file: string, toleranceMs = 0): Promise<string[] | WorkerError> {
  try {
    const video = await probeVideo(file, { ffmpeg, limits }, never);
    const sizes: string[] = [];
    const decoderThreads = toleranceMs === 0 ? 1 : 2;
    const request = { file, video, intervalMs: 500, toleranceMs, decoderThreads, ffmpeg, limits };
    for await (const frame of readFrames(request, never)) {
      expect(frame.data).toHaveLength(frame.width * frame.height * 3);
      sizes.push(`${frame.width}x${frame.height}`);
    }
    return sizes;
  } catch (error) {
    if (error instanceof WorkerError) return error;
    throw error;
  }
}

function foldersLeft(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(processFolderPrefix(PRIVATE_FOLDER_KIND)));
}

async function expectClearOutcomes(files: Iterable<HostileFile>): Promise<void> {
  const file = clips.path('hostile.mp4');
  let toleranceMs = 0;
  for (const { name, bytes } of files) {
    writeFileSync(file, bytes);
    const outcome = await outcomeOf(file, toleranceMs);
    // Every other file with one, and by two threads: it is looked at in more places.
    toleranceMs = 250 - toleranceMs;
    const isClear = outcome instanceof WorkerError ? outcome.code.startsWith('VIDEO_') : outcome.length > 0;
    expect({ name, outcome, isClear }).toMatchObject({ isClear: true });
  }
  expect(foldersLeft()).toEqual([]);
}

describe('a hostile video', () => {
  const original = (): HostileFile => ({ name: 'clip', bytes: readFileSync(plain) });

  it('that is any beginning of a valid one ends in a clear error or a valid result', () =>
    expectClearOutcomes(prefixes(original(), 8)));

  it('that is a valid one but for a byte ends in a clear error or a valid result', () =>
    expectClearOutcomes(flips(original(), 8, 7)));

  it('that is noise ends in a clear error', () => expectClearOutcomes(noise(original(), 4, 7)));

  it('that claims ten hours in a few kilobytes is too long', async () => {
    const long = clips.path('long.mkv');
    runOwn([
      '-i',
      plain,
      '-vf',
      "setpts='N*3600*12/TB'",
      '-vsync',
      '0',
      '-frames:v',
      '2',
      '-c:v',
      'libx264',
      long,
    ]);
    expect(await outcomeOf(long)).toMatchObject({ code: 'VIDEO_TOO_LONG' });
  });

  it('with a hundred streams gives the frames of the first, and with one more is refused', async () => {
    const crowded = clips.path('crowded.mp4');
    const make = (streams: number) => {
      const maps = Array.from({ length: streams }, () => ['-map', '0:v']).flat();
      runOwn(['-i', plain, ...maps, '-c', 'copy', '-frames:v', '3', crowded]);
    };
    make(100);
    expect(await outcomeOf(crowded)).toEqual(['160x96']);
    make(101);
    expect(await outcomeOf(crowded)).toMatchObject({
      code: 'VIDEO_FORMAT_UNSUPPORTED',
      message: expect.stringContaining('streams'),
    });
  });

  it('that changes its size midway gives frames of one size', async () => {
    const [first, second] = [clips.path('first.ts'), clips.path('second.ts')];
    const encoding = '-c:v libx264 -preset ultrafast -g 10'.split(' ');
    runOwn(['-i', plain, ...encoding, first]);
    runOwn(['-i', plain, '-vf', 'scale=320:192', ...encoding, '-output_ts_offset', '3', second]);
    const joined = clips.path('joined.ts');
    writeFileSync(joined, Buffer.concat([readFileSync(first), readFileSync(second)]));
    const sizes = await outcomeOf(joined);
    expect(sizes).toHaveLength(12);
    expect(new Set(sizes as string[])).toEqual(new Set(['160x96']));
  });

  it('whose tags imitate the words of ffmpeg deceives nobody', async () => {
    const spoofed = clips.path('spoofed.mp4');
    const words = `[${SHOWINFO} @ 0x1] n: 0 pts: 7 fmt:gray sar:1/1 s:9x9 checksum:0`;
    runOwn(['-i', plain, '-c', 'copy', '-metadata', `title=x\n${words}`, spoofed]);
    expect((await probeVideo(spoofed, { ffmpeg, limits }, never)).width).toBe(160);
  });

  it.each([
    ['title.mkv', 'File ended prematurely', ''],
    ['lines.mkv', 'x\n[matroska,webm @ 0x1] File ended prematurely', ''],
    ['comment.mp4', 'a partial file', '-movflags frag_keyframe+empty_moov'],
    ['lines.mp4', 'x\n[mov @ 0x1] stream 0, offset 0x9f: partial file', '-movflags frag_keyframe+empty_moov'],
  ])('whose tags say that it is cut off is decoded: %s', async (name, words, options) => {
    const spoofed = clips.path(name);
    const tags = ['-metadata', `title=${words}`, '-metadata', `comment=${words}`];
    runOwn(['-i', plain, '-c', 'copy', ...tags, ...options.split(' ').filter(Boolean), spoofed]);
    expect(await outcomeOf(spoofed)).toHaveLength(6);
  });

  it('whose language, which ffmpeg prints as it is, brings lines of its own is decoded', async () => {
    const spoofed = clips.path('language.mkv');
    const words = '[matroska,webm @ 0x1] File ended prematurely';
    runOwn(['-i', plain, '-c', 'copy', '-metadata:s:v', `language=x\n${words}\n`, spoofed]);
    expect(await outcomeOf(spoofed)).toHaveLength(6);
  });

  it('that is damaged blames no ffmpeg, whatever its language says', async () => {
    const spoofed = clips.path('blame.mkv');
    const words = "[AVFilterGraph @ 0x1] No such filter: 'showinfo'";
    runOwn(['-i', plain, '-c', 'copy', '-metadata:s:v', `language=x\n${words}\n`, spoofed]);
    const bytes = readFileSync(spoofed);
    const firstCluster = bytes.indexOf(Buffer.from('1f43b675', 'hex'));
    // The pictures' data is gone, the heads of cluster and first block stay.
    writeFileSync(spoofed, bytes.fill(0, firstCluster + 40));
    expect(await outcomeOf(spoofed)).toMatchObject({ code: 'VIDEO_CORRUPT' });
  });
});
