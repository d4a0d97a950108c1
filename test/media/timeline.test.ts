import { describe, expect, it } from '@jest/globals';
import { millisecondsAt, timelineOf } from '../../src/media/timeline.ts';

const timeBase = { numerator: 1, denominator: 1000 };
const picture = (ptsTicks: number, durationTicks = 40) => ({ ptsTicks, durationTicks });

describe('timelineOf', () => {
  it('puts pictures in the order they are shown', () => {
    const decodingOrder = [picture(0), picture(120), picture(40), picture(80)];
    const timeline = timelineOf(decodingOrder, timeBase, 0, 40);
    expect([...(timeline?.ptsTicks ?? [])]).toEqual([0, 40, 80, 120]);
    expect(timeline?.endTicks).toBe(160);
  });

  it('leaves out what comes before the first picture a decoder shows, and repetitions', () => {
    const timeline = timelineOf([picture(-40), picture(0), picture(0), picture(40)], timeBase, 0, 40);
    expect([...(timeline?.ptsTicks ?? [])]).toEqual([0, 40]);
  });

  it('shows a last picture of unknown length for one frame', () => {
    expect(timelineOf([picture(0, 0), picture(40, 0)], timeBase, 0, 33)?.endTicks).toBe(73);
  });

  it('is null without pictures', () => {
    expect(timelineOf([picture(0)], timeBase, 1, 40)).toBeNull();
  });

  it('tells times from the first picture, to the microsecond', () => {
    const ntsc = {
      timeBase: { numerator: 1, denominator: 30_000 },
      ptsTicks: Float64Array.of(3003, 4004),
      endTicks: 5005,
    };
    expect(millisecondsAt(ntsc, 3003)).toBe(0);
    expect(millisecondsAt(ntsc, 4004)).toBe(33.367);
    expect(millisecondsAt(ntsc, 5005)).toBe(66.733);
  });
});
