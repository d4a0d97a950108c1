import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { makeCountedClip, runOwn } from '../media/counted-clip.ts';
import { type HostileLab, openHostileLab } from './hostile-lab.ts';

jest.setTimeout(60_000);

const X264 = '-c:v libx264 -preset ultrafast -g 10 -bf 2'.split(' ');
describe('a hostile video', () => {
  let lab: HostileLab;

  beforeAll(async () => {
    lab = await openHostileLab();
    for (const name of ['plain.mp4', 'clip.ts']) {
      makeCountedClip(lab.path(name), { frameRate: 10, frames: 20 }, X264);
    }
  });

  afterEach(() => expect(lab.leftovers()).toEqual([]));

  afterAll(() => lab.close());

  function fileOf(name: string, content: string | Uint8Array): string {
    writeFileSync(lab.path(name), content);
    return lab.path(name);
  }

  it.each<[string, (target: string) => string]>([
    [
      'an HLS playlist',
      (target) => `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${target}\n#EXT-X-ENDLIST\n`,
    ],
    ['an HLS playlist of playlists', (target) => `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${target}\n`],
    ['an ffconcat script', (target) => `ffconcat version 1.0\nfile '${target}'\n`],
    ['a DASH manifest', (target) => `<?xml version="1.0"?><MPD><BaseURL>${target}</BaseURL></MPD>`],
    ['a reference', (target) => `[InternetShortcut]\nURL=${target}\n`],
    [
      'a session description',
      (target) => `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\na=control:${target}\nm=video 9 RTP/AVP 96\n`,
    ],
  ])(
    'that is %s named .mp4 is refused, and neither the files nor the URL it names are read',
    async (_, text) => {
      const canary = lab.path('clip.ts');
      await lab.guard(canary);
      for (const target of [canary, `file://${canary}`, 'clip.ts', lab.url]) {
        // Behind a byte that hides the text from a look at the beginning, only ffmpeg's own whitelists are left.
        for (const content of [text(target), `\n${text(target)}`]) {
          expect(await lab.outcomeOf(fileOf('script.mp4', content))).toMatch(/^VIDEO_/);
        }
      }
      expect(await lab.wasRead(canary)).toBe(false);
      expect(lab.requests()).toBe(0);
      // The guard would have seen it.
      readFileSync(canary);
      expect(await lab.wasRead(canary)).toBe(lab.notesReadings);
    },
  );

  it.each([
    ['a video', 'huge.mp4', ['-c:v', 'mjpeg', '-q:v', '31']],
    ['a PNG', 'huge.png', ['-update', '1']],
    ['a JPEG', 'huge.jpg', ['-update', '1', '-q:v', '31']],
  ])('of 16000x8000 pixels, as %s, is refused before it takes the memory', async (_, name, encoding) => {
    const huge = lab.path(name);
    runOwn([...'-f lavfi -i color=s=16000x8000:r=1 -frames:v 1'.split(' '), ...encoding, huge]);
    const code = await lab.outcomeOf(fileOf('huge-under-another-name.mp4', readFileSync(huge)));
    expect(code).toBe(name.endsWith('.mp4') ? 'VIDEO_RESOLUTION_TOO_HIGH' : 'VIDEO_FORMAT_UNSUPPORTED');
  });

  it('that claims ten hours in 10 kB is refused as too long', async () => {
    const long = lab.path('long.mkv');
    const late = ['-vf', "setpts='N*3600*10/TB'", '-vsync', '0', '-frames:v', '2', '-c:v', 'libx264'];
    runOwn(['-i', lab.path('plain.mp4'), ...late, long]);
    expect(statSync(long).size).toBeLessThan(10_000);
    expect(await lab.outcomeOf(long)).toBe('VIDEO_TOO_LONG');
  });

  it('of 1,000 streams is refused before they take the memory', async () => {
    const maps = Array.from({ length: 1000 }, () => ['-map', '0:v']).flat();
    const crowded = lab.path('crowded.mp4');
    runOwn(['-i', lab.path('plain.mp4'), ...maps, '-c', 'copy', '-frames:v', '2', crowded]);
    expect(await lab.outcomeOf(crowded)).toBe('VIDEO_FORMAT_UNSUPPORTED');
  });

  it('that needs a decoder outside the whitelist is refused', async () => {
    const odd = lab.path('odd.mkv');
    for (const codec of ['ffv1', 'magicyuv', 'cinepak']) {
      runOwn(['-i', lab.path('plain.mp4'), '-frames:v', '3', '-c:v', codec, odd]);
      expect(await lab.outcomeOf(odd)).toBe('VIDEO_FORMAT_UNSUPPORTED');
    }
  });

  it('that changes its resolution midway gives a result in the first one', async () => {
    const [small, large] = [lab.path('small.ts'), lab.path('large.ts')];
    runOwn(['-i', lab.path('plain.mp4'), ...X264, small]);
    const enlarge = ['-vf', 'scale=640:384', ...X264, '-output_ts_offset', '2'];
    runOwn(['-i', lab.path('plain.mp4'), ...enlarge, large]);
    const joined = fileOf('joined.ts', Buffer.concat([readFileSync(small), readFileSync(large)]));
    expect(await lab.outcomeOf(joined)).toBe('160x96, 4 frames');
  });
});
