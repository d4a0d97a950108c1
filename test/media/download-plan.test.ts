import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ByteRange } from '../../src/byte-ranges.ts';
import { type DownloadPlan, planDownload } from '../../src/media/download-plan.ts';
import { readMp4Index } from '../../src/media/mp4-index.ts';
import { findMp4Index } from '../../src/media/mp4-layout.ts';
import { seededRandom } from '../../tools/seeded-random.ts';
import { clipFolder, makeCountedClip } from './counted-clip.ts';

const never = new AbortController().signal;
/** A thread is started for every plan, which takes long where others keep the machine busy. */
const SOON_MS = 20_000;
const SAMPLING = { intervalMs: 2000, toleranceMs: 0 };
const X264 = '-c:v libx264 -preset ultrafast -g 24 -bf 2'.split(' ');
const clips = clipFolder();

afterAll(clips.remove);

function planOf(bytes: Uint8Array, signal = never): Promise<DownloadPlan | null> {
  const read = async ({ start, end }: ByteRange) => bytes.slice(start, end);
  return planDownload(bytes.length, SAMPLING, read, signal);
}

describe('a plan for a download', () => {
  const files = new Map<string, Uint8Array>();

  beforeAll(() => {
    for (const name of ['clip.mp4', 'clip.mkv']) {
      makeCountedClip(clips.path(name), { frameRate: 30, frames: 300 }, X264);
      files.set(name, new Uint8Array(readFileSync(clips.path(name))));
    }
  });

  it('reads the index as ffmpeg writes it', async () => {
    const bytes = files.get('clip.mp4') ?? new Uint8Array();
    const moov = await findMp4Index(bytes.length, async ({ start, end }) => bytes.slice(start, end));
    const [track] = readMp4Index(moov ?? new Uint8Array()) ?? [];
    expect(track).toMatchObject({
      handler: 'vide',
      format: 'avc1',
      width: 160,
      height: 96,
      sampleCount: 300,
    });
    const samples = [...(track?.samples() ?? [])];
    expect(samples).toHaveLength(300);
    expect(samples.filter(({ isKey }) => isKey)).toHaveLength(13);
    const shown = samples.map(({ ptsTicks }) => ptsTicks).sort((a, b) => a - b);
    expect(new Set(shown.map((pts, i) => pts - (shown[i - 1] ?? pts - 512)))).toEqual(new Set([512]));
  });

  it.each([
    ['nothing', 0],
    ['half a header', 20],
    ['a file that ends too early', 3000],
  ])('is none for %s', async (_name, length) => {
    for (const bytes of files.values()) expect(await planOf(bytes.subarray(0, length))).toBeNull();
  });

  it('is none for what is no video', async () => {
    expect(await planOf(Buffer.from('these are only some notes'.repeat(1000)))).toBeNull();
  });

  it('survives damage: it is a plan or none, soon', async () => {
    const random = seededRandom(7);
    for (const bytes of files.values()) {
      let plans = 0;
      for (let round = 0; round < 12; round++) {
        const damaged = bytes.slice();
        const isInIndex = round % 2 === 0;
        // Few changes leave an index that can be read, many do not.
        for (let i = 0; i <= 2 * round; i++) {
          const at = isInIndex
            ? damaged.length - 1 - Math.floor(random() * 3000)
            : Math.floor(random() * 600);
          damaged[at] = Math.floor(random() * 256);
        }
        const plan = await planOf(damaged, AbortSignal.timeout(SOON_MS));
        if (plan === null) continue;
        plans += 1;
        expect(plan.parts.length).toBeGreaterThan(0);
        let last = -1;
        for (const { start, end } of plan.parts) {
          expect(start).toBeGreaterThan(last);
          expect(end).toBeGreaterThan(start);
          last = end;
        }
        expect(last).toBeLessThanOrEqual(bytes.length);
      }
      expect(plans).toBeGreaterThan(0);
      expect(plans).toBeLessThan(12);
    }
  });

  it('stops with the reason it is given', async () => {
    const reason = new Error('stop');
    const bytes = files.get('clip.mp4') ?? new Uint8Array();
    await expect(planOf(bytes, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
