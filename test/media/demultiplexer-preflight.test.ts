import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { walksToItsEnd } from '../../src/media/demultiplexer-preflight.ts';
import { claimManyFragmentPictures, claimManyPictures, clipFolder, makeCountedClip } from './counted-clip.ts';

const never = new AbortController().signal;
const clips = clipFolder();
const plain = clips.path('plain.mkv');
const damaged = clips.path('damaged.mkv');

beforeAll(() => {
  makeCountedClip(plain, { frameRate: 30, frames: 60 }, '-c:v libx264 -preset ultrafast -g 10'.split(' '));
  // From the middle on there is no element any more: a reader that searches for the next one must come to an end.
  const bytes = readFileSync(plain);
  writeFileSync(damaged, bytes.fill(0, bytes.length / 2));
});
afterAll(clips.remove);

describe('the walk through a file', () => {
  it('ends for a whole one', async () => {
    expect(await walksToItsEnd({ file: plain, maxPackets: 60 }, never)).toBe(true);
  });

  it('ends on a machine so busy that nobody hears of it for two seconds', async () => {
    const walk = walksToItsEnd({ file: plain, maxPackets: 60 }, never);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2100);
    expect(await walk).toBe(true);
  });

  it('is ended for one that would hold the reader for ever', async () => {
    const briefly = { file: damaged, maxPackets: 60, deadlineMs: 1000 };
    expect(await walksToItsEnd(briefly, never)).toBe(false);
  });

  it('ends for an MP4, and is ended for one whose index claims millions of pictures more', async () => {
    const film = clips.path('film.mp4');
    makeCountedClip(
      film,
      { frameRate: 30, frames: 60 },
      '-c:v libx264 -preset ultrafast -g 10 -bf 2'.split(' '),
    );
    expect(await walksToItsEnd({ file: film, maxPackets: 60 }, never)).toBe(true);
    claimManyPictures(film);
    expect(await walksToItsEnd({ file: film, maxPackets: 60 }, never)).toBe(false);
  });

  it('is ended for a fragment of a few bytes that claims millions of pictures, and this process goes on', async () => {
    const film = clips.path('fragments.mp4');
    const fragments = '-c:v libx264 -preset ultrafast -g 10 -movflags frag_keyframe+empty_moov';
    makeCountedClip(film, { frameRate: 30, frames: 60 }, fragments.split(' '));
    expect(await walksToItsEnd({ file: film, maxPackets: 60 }, never)).toBe(true);
    claimManyFragmentPictures(film);
    const walks = Array.from({ length: 4 }, () => walksToItsEnd({ file: film, maxPackets: 60 }, never));
    expect(await Promise.all(walks)).toEqual([false, false, false, false]);
  });

  it('fails for a file that is none', async () => {
    expect(await walksToItsEnd({ file: clips.path('absent.mkv'), maxPackets: 60 }, never)).toBe(false);
  });

  it('stops with the first reason to stop', async () => {
    const reason = new Error('the lease is lost');
    const controller = new AbortController();
    const walk = walksToItsEnd({ file: damaged, maxPackets: 60 }, controller.signal);
    controller.abort(reason);
    await expect(walk).rejects.toBe(reason);
  });
});
