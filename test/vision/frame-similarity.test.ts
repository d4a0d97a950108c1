import { describe, expect, it } from '@jest/globals';
import { FrameSimilarityMeter } from '../../src/vision/frame-similarity.ts';
import { drawTwoPeople, paint, plain } from '../helpers/pictures.ts';

function compare(...images: ReturnType<typeof plain>[]) {
  const meter = new FrameSimilarityMeter();
  return images.map((image) => meter.compareWithPrevious(image));
}

describe('frame similarity', () => {
  it('is unknown for the first frame and full for the same frame again', async () => {
    const { image } = await drawTwoPeople(640, 360);
    const [first, second] = compare(image, image);
    expect(first).toBeNull();
    expect(second?.histogramIntersection).toBeCloseTo(1, 9);
    expect(second?.greyCorrelation).toBeCloseTo(1, 9);
  });

  it('is high for the same picture in another size, and low for another scene', async () => {
    const [small, large] = [await drawTwoPeople(320, 180), await drawTwoPeople(1280, 720)];
    const other = paint(640, 360, (x, y) => [(x * 3) % 256, y % 256, (x + y) % 200]);
    const [, resized, cut] = compare(small.image, large.image, other);
    expect(resized?.histogramIntersection).toBeGreaterThan(0.85);
    expect(resized?.greyCorrelation).toBeGreaterThan(0.95);
    expect(cut?.histogramIntersection).toBeLessThan(0.7);
    expect(cut?.greyCorrelation).toBeLessThan(0.7);
  });

  it('correlates a picture with its negative fully, but the other way', () => {
    const ramp = paint(128, 72, (x) => [x, x, x]);
    const negative = paint(128, 72, (x) => [255 - x, 255 - x, 255 - x]);
    expect(compare(ramp, negative)[1]?.greyCorrelation).toBeCloseTo(-1, 6);
  });

  it('judges plain frames by their colour alone', () => {
    const [, sameBlack, red, ramp] = compare(
      plain(64, 36, [0, 0, 0]),
      plain(64, 36, [0, 0, 0]),
      plain(64, 36, [250, 0, 0]),
      paint(64, 36, (x) => [x, x, x]),
    );
    expect(sameBlack).toEqual({ histogramIntersection: expect.closeTo(1, 9), greyCorrelation: 1 });
    expect(red).toEqual({ histogramIntersection: 0, greyCorrelation: 1 });
    expect(ramp?.greyCorrelation).toBe(0);
  });

  it('works for a picture of a single pixel and for one of 20,000', () => {
    const [, tiny] = compare(plain(1, 1, [9, 9, 9]), plain(20_000, 2, [9, 9, 9]));
    expect(tiny?.histogramIntersection).toBeCloseTo(1, 9);
  });
});
