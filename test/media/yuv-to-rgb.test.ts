import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Size } from '../../src/geometry/box.ts';
import { readFrames } from '../../src/media/frame-reader.ts';
import { probeVideo } from '../../src/media/probe.ts';
import { DEFAULT_VIDEO_LIMITS as limits } from '../../src/media/video-limits.ts';
import { createRgbWriter, yuvBytes } from '../../src/media/yuv-to-rgb.ts';
import { seededRandom } from '../../tools/seeded-random.ts';
import { clipFolder, ffmpeg, runOwn } from './counted-clip.ts';

const never = new AbortController().signal;

/** Up to three products are rounded down, their factors to the nearest. */
const FACTORS = 0.1;
const PRODUCTS = 3;

/** What of a luma is red, and blue. */
const SHARES = {
  bt709: [0.2126, 0.0722],
  fcc: [0.3, 0.11],
  bt470bg: [0.299, 0.114],
  smpte170m: [0.299, 0.114],
  smpte240m: [0.212, 0.087],
  bt2020nc: [0.2627, 0.0593],
  bt2020c: [0.2627, 0.0593],
  unknown: [0.299, 0.114],
} as const;

/** The same by the textbook, not rounded. */
function rgbOf(y: number, u: number, v: number, [red, blue]: readonly [number, number], isFull: boolean) {
  const luma = isFull ? y / 255 : (y - 16) / 219;
  const [b, r] = [u, v].map((level) => (level - 128) / (isFull ? 255 : 224)) as [number, number];
  const [redLight, blueLight] = [luma + 2 * (1 - red) * r, luma + 2 * (1 - blue) * b];
  const greenLight = (luma - red * redLight - blue * blueLight) / (1 - red - blue);
  return [redLight, greenLight, blueLight].map((light) => Math.min(255, Math.max(0, 255 * light)));
}

/** How far the levels of pixels lie above others, at least and at most. */
function aboveOf(pixels: Uint8Array, others: ArrayLike<number>): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [at, level] of pixels.entries()) {
    const above = level - (others[at] ?? Number.NaN);
    least = Math.min(least, above);
    most = Math.max(most, above);
  }
  return [least, most];
}

function expectRoundedDown(rgb: Uint8Array, exact: readonly number[]): void {
  const [least, most] = aboveOf(rgb, exact);
  expect(least).toBeGreaterThan(-PRODUCTS - FACTORS);
  expect(most).toBeLessThan(FACTORS);
}

describe('pictures made of luma and colour differences', () => {
  const cases = Object.entries(SHARES).flatMap(([matrix, shares]) =>
    ['tv', 'pc', ...(matrix === 'unknown' ? [matrix] : [])].map((range) => [matrix, range, shares] as const),
  );

  it.each(cases)('have the colours that matrix %s and range %s give them', (matrix, range, shares) => {
    // Each luma, with each colour that is a combination of these levels.
    const levels = [0, 1, 16, 77, 127, 128, 129, 187, 240, 255];
    const size: Size = { width: 128, height: 2 * levels.length ** 2 };
    const [pixels, halfWidth] = [size.width * size.height, size.width / 2];
    const yuv = new Uint8Array(yuvBytes(size));
    const expected: number[] = [];
    for (let row = 0; row < size.height; row++) {
      const colour = row >> 1;
      const u = levels[colour % levels.length] ?? 0;
      const v = levels[Math.floor(colour / levels.length)] ?? 0;
      const at = pixels + colour * halfWidth;
      yuv.fill(u, at, at + halfWidth);
      yuv.fill(v, at + pixels / 4, at + pixels / 4 + halfWidth);
      for (let column = 0; column < size.width; column++) {
        const y = 2 * column + (row % 2);
        yuv[row * size.width + column] = y;
        expected.push(...rgbOf(y, u, v, shares, range === 'pc'));
      }
    }
    const rgb = new Uint8Array(pixels * 3);
    createRgbWriter(size, { matrix, range })(yuv, rgb);
    expectRoundedDown(rgb, expected);
  });

  it.each([
    [2, 2],
    [6, 16],
    [14, 18],
    [16, 2],
    [18, 34],
    [30, 32],
    [98, 50],
  ])('share a colour among 2 x 2 pixels, %d x %d of them', (width, height) => {
    const random = seededRandom(width);
    const pixels = width * height;
    const yuv = Uint8Array.from({ length: yuvBytes({ width, height }) }, () => 256 * random());
    const rgb = new Uint8Array(pixels * 3);
    const write = createRgbWriter({ width, height }, { matrix: 'bt709', range: 'tv' });
    write(
      yuv.map((level) => 255 - level),
      rgb,
    );
    write(yuv, rgb);
    const expected: number[] = [];
    for (let at = 0; at < pixels; at++) {
      const colour = pixels + (Math.floor(at / width) >> 1) * (width / 2) + ((at % width) >> 1);
      const [y = 0, u = 0, v = 0] = [yuv[at], yuv[colour], yuv[colour + pixels / 4]];
      expected.push(...rgbOf(y, u, v, SHARES.bt709, false));
    }
    expectRoundedDown(rgb, expected);
  });
});

describe('the pictures of a video', () => {
  const clips = clipFolder();
  afterAll(clips.remove);

  // What ffmpeg calls a matrix in showinfo and in scale.
  it.each([
    ['yuv420p', 'tv', 'bt709', 'bt709'],
    ['yuv420p', 'tv', 'smpte170m', 'smpte170m'],
    ['yuv420p', 'tv', 'bt2020nc', 'bt2020'],
    ['yuvj420p', 'pc', 'bt470bg', 'bt470'],
    ['yuvj420p', 'pc', 'bt709', 'bt709'],
    ['yuv444p', 'tv', 'bt709', 'bt709'],
  ])('are those that ffmpeg makes RGB of: %s, range %s, matrix %s', async (format, range, matrix, name) => {
    const file = clips.path(`${format}-${matrix}.mp4`);
    const source = `-f lavfi -i testsrc2=s=320x180:r=5 -frames:v 1 -pix_fmt ${format}`;
    runOwn(`${source} -c:v libx264 -colorspace ${matrix} -color_range ${range} ${file}`.split(' '));
    const video = await probeVideo(file, { ffmpeg, limits }, never);
    expect(video).toMatchObject({ pixelFormat: format, colour: { range, matrix } });
    for (const maxSide of [320, 200]) {
      const request = { file, video, intervalMs: 500, ffmpeg, limits, maxSide };
      const frames = readFrames(request, never);
      const { value: frame } = await frames.next();
      if (frame === undefined) throw new Error('the video has no picture');
      const scaled = `scale=${frame.width}:${frame.height}:flags=bilinear:in_range=${range}:out_range=${range}`;
      const filters = `${scaled},format=${format},scale=in_range=${range}:in_color_matrix=${name},format=rgb24`;
      const args = ['-nostdin', '-v', 'error', '-i', file, '-vf', filters, '-f', 'rawvideo', 'pipe:1'];
      const expected = execFileSync(ffmpeg, args, { maxBuffer: 2 ** 28 });
      expect(frame.data).toHaveLength(expected.length);
      const bounds = aboveOf(frame.data, expected);
      // The fast ways of other processors round otherwise; yuv444p is made RGB by ffmpeg, and scaled meanwhile.
      if (process.arch === 'x64' && format !== 'yuv444p') expect(bounds).toEqual([0, 0]);
      else for (const bound of bounds) expect(Math.abs(bound)).toBeLessThanOrEqual(PRODUCTS);
      await frames.return();
    }
  });
});
