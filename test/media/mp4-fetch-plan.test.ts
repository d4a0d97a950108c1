import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Mp4FetchPlan, planMp4Fetch } from '../../src/media/mp4-fetch-plan.ts';
import { readMp4Index } from '../../src/media/mp4-index.ts';
import { findMp4Index } from '../../src/media/mp4-layout.ts';
import { clipFolder, makeCountedClip, runOwn } from './counted-clip.ts';

const clips = clipFolder();
const X264 = '-c:v libx264 -preset ultrafast -g 24 -bf 2'.split(' ');

afterAll(clips.remove);

async function planOf(file: Buffer): Promise<Mp4FetchPlan | null> {
  const moov = await findMp4Index(file.length, async ({ start, end }) => file.subarray(start, end));
  return planMp4Fetch(readMp4Index(moov ?? new Uint8Array()) ?? [], { intervalMs: 2000, toleranceMs: 0 });
}

/** Writes a number into the last table of a type, which is that of the sound, `at` bytes after its name. */
function patch(file: Buffer, table: string, at: number, value: number): void {
  file.writeUInt32BE(value, file.lastIndexOf(table) + 4 + at);
}

describe('the bytes of an MP4 that a plan needs', () => {
  let film: Buffer;

  beforeAll(() => {
    makeCountedClip(clips.path('silent.mp4'), { frameRate: 30, frames: 600 }, X264);
    const sound = '-f lavfi -t 20 -i sine=r=48000'.split(' ');
    const mapped = '-map 0:v -map 1:a -c:v copy -c:a pcm_s16le'.split(' ');
    runOwn(['-i', clips.path('silent.mp4'), ...sound, ...mapped, clips.path('film.mov')]);
    film = readFileSync(clips.path('film.mov'));
  });

  it('hold the first seconds of sound of which every value is a sample', async () => {
    const plan = await planOf(film);
    const opening = (plan?.opening ?? []).reduce((sum, { start, end }) => sum + end - start, 0);
    // 64 pictures at 30 a second are 2.1 s; of sound, 96,000 bytes a second.
    expect(opening).toBeGreaterThan(2 * 96_000);
    expect(opening).toBeLessThan(film.length / 2);
  });

  it('hold the picture shown last where ffmpeg lists the packets', async () => {
    const moov = await findMp4Index(film.length, async ({ start, end }) => film.subarray(start, end));
    const video = readMp4Index(moov ?? new Uint8Array())?.find(({ handler }) => handler === 'vide');
    const last = [...(video?.samples() ?? [])].sort((a, b) => a.ptsTicks - b.ptsTicks).at(-1);
    const fetchedUntil = async (file: Buffer) => (await planOf(file))?.parts.at(-1)?.end;
    expect(await fetchedUntil(film)).toBeLessThan(last?.start ?? 0);
    const listedByFfmpeg = Buffer.from(film);
    listedByFfmpeg.write('vp09', film.indexOf('avc1', film.indexOf('stsd')));
    expect(await fetchedUntil(listedByFfmpeg)).toBe(last?.end);
  });

  it('are not told of few pictures that claim to last for decades', async () => {
    const silent = readFileSync(clips.path('silent.mp4'));
    patch(silent, 'stts', 12, 2 ** 31);
    const before = process.memoryUsage().rss;
    expect(await planOf(silent)).toBeNull();
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('are not told of sound that claims billions of samples which take no time', async () => {
    const hostile = Buffer.from(film);
    const claimed = 4_000_000_000;
    patch(hostile, 'stsz', 8, claimed);
    patch(hostile, 'stts', 8, claimed);
    patch(hostile, 'stts', 12, 0);
    patch(hostile, 'stsc', 12, claimed);
    const before = process.memoryUsage().rss;
    expect(await planOf(hostile)).toBeNull();
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });
});
